export type { Engine, EngineName } from './engine.ts'
export { describeMissing, startStack, type Missing, type Stack, type StackOptions } from './stack.ts'
export { startDistributedSystem, type DistributedSystem, type DistributedSystemOptions } from './distributed-system.ts'
export { ServiceProcess } from './service-process.ts'
