/** The injection token of `PORTITOR_FOUR_EYES`: a version is published only with an approval of somebody other than its author. */
export const FOUR_EYES = Symbol('whether publishing needs an approval of another principal')
