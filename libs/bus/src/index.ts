export {
  Bus,
  LogUnavailable,
  type ConsumeOptions,
  type Follower,
  type LogRecord,
  type OutgoingMessage,
  type PartitionBatch,
  type PartitionRange,
  type Subscription,
} from './bus.ts'
