export {
  Bus,
  LogUnavailable,
  type ConsumeOptions,
  type Follower,
  type LogRecord,
  type OutgoingMessage,
  type PartitionBatch,
  type PartitionRange,
  type Published,
  type Stretches,
  type Subscription,
} from './bus.ts'
export { consumeExactlyOnce, type ExactlyOnceSubscription } from './consume-exactly-once.ts'
export { type BatchInfo, type ExactlyOnceOptions, type FailedItem } from './exactly-once-options.ts'
export { EMBEDDED_LOG, EmbeddedBus, type EmbeddedBusOptions } from './embedded/embedded-bus.ts'
export { KafkaBus, type KafkaBusOptions } from './kafka/kafka-bus.ts'
export { PRODUCER_HEADER, SEQUENCE_HEADER } from './log-tables.ts'
export { busMigrations } from './migrations.ts'
export { openBus } from './open-bus.ts'
export { packByPartition } from './pack-by-partition.ts'
export { type Position, readPositions } from './positions.ts'
export { BatchConflict, isRetriable } from './retriable.ts'
export { acceptSequence, type Sequences } from './sequences.ts'
