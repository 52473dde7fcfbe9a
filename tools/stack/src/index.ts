export type { Engine, EngineName } from './engine.ts'
export { describeMissing, startStack, type Missing, type Stack, type StackOptions } from './stack.ts'
