/** A sequence of whole numbers from 0 to `below` − 1, the same for the same seed on every machine. */
export type SeededRandom = (below: number) => number

/**
 * Mulberry32: 32-bit integer arithmetic only, so every machine and every version of Node gives the same numbers. Good for a
 * demonstration, not for secrets. `below` is at most 2³².
 */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) * below) / 4_294_967_296)
  }
}

/** One of several, each as often as its weight says. Weights are whole numbers above 0. */
export function pick<Item extends { readonly weight: number }>(random: SeededRandom, items: readonly Item[]): Item {
  let left = random(items.reduce((all, { weight }) => all + weight, 0))
  return items.find(({ weight }) => (left -= weight) < 0)!
}
