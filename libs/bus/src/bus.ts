import type { Topic } from '@portitor/contracts'
import type { Queryable } from '@portitor/postgres'

/** One record read from the log. `offset` is its place in the partition; offsets may have gaps (compaction, transaction markers). */
export interface LogRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly key: string | null
  readonly value: Buffer | null
  /** Header values as UTF-8 text. */
  readonly headers: Readonly<Record<string, string>>
  /** When the log took it, in milliseconds since 1970. */
  readonly timestampMs: number
}

/** One record to write. It goes to the partition of its key, or to `partition` where the sender has packed for one partition itself. */
export interface OutgoingMessage {
  readonly topic: Topic
  readonly key: string | null
  readonly value: string | Buffer | null
  readonly headers?: Readonly<Record<string, string>>
  readonly partition?: number
}

/** What a consumer is handed: records of one partition in offset order, and the offset its fetch asked for (the fence compares with that). */
export interface PartitionBatch {
  readonly partition: number
  readonly askedOffset: bigint
  /** The last raw offset the fetch saw, which may lie behind the last record. */
  readonly lastOffset: bigint
  readonly records: readonly LogRecord[]
}

/** A published message and the number it got in its producer's log, topic and partition. */
export interface Published {
  readonly message: OutgoingMessage
  readonly partition: number
  readonly sequence: bigint
}

export interface Subscription {
  /** Stops taking work and resolves when what is in hand is finished. */
  close(): Promise<void>
}

export interface Follower extends Subscription {
  /** Resolves when everything that was in the topic at the start has been applied. */
  readonly caughtUp: Promise<void>
}

export interface PartitionRange {
  /** The oldest offset still kept. */
  readonly low: bigint
  /** The offset the next record will get. */
  readonly high: bigint
}

/** Stands for the whole topic where trouble is told by partition. */
export const ALL_PARTITIONS = -1

/** From an offset (included) to an offset (excluded), per partition. */
export type Stretches = ReadonlyMap<number, { readonly from: bigint; readonly to: bigint }>

export interface ConsumeOptions {
  /** The consumer's name: its group in Kafka and the owner of its positions. */
  readonly consumer: string
  readonly topic: Topic
  readonly partitionsAtOnceMax: number
  /** Where to read on from. `undefined`: nothing stored yet, start at the oldest record. */
  position(partition: number): Promise<bigint | undefined>
  /** Handles a batch and returns the offset to read on from, or 'halt' to stop this partition until the process is restarted. */
  handle(batch: PartitionBatch): Promise<bigint | 'halt'>
  /** Told when `handle` or `position` threw; the batch is read again from the stored position after a bounded wait. */
  failed(partition: number, error: Error): void
  /** Told when a partition stopped for good: someone must look. */
  halted(partition: number, reason: string): void
}

/**
 * The log that services meet in: Kafka, or the same tables that carry the outbox in Postgres.
 * An abstract class rather than an interface so that it can be an injection token.
 */
export abstract class Bus {
  /** Number of partitions of every topic. */
  abstract readonly partitions: number
  /** The partition of a key: murmur2 as Kafka's own clients compute it, on both adapters. */
  abstract partitionOf(key: string): number
  /** Appends inside the caller's transaction, as its last statement: the messages exist if and only if it commits. */
  abstract publish(tx: Queryable, messages: readonly OutgoingMessage[]): Promise<Published[]>
  /** Says that a transaction with published messages has committed, so that they are delivered at once rather than at the next poll. */
  abstract committed(): void
  /** Appends without a transaction; resolves when durable, rejects with LogUnavailable when that is not known within the time limit. */
  abstract append(messages: readonly OutgoingMessage[]): Promise<void>
  /** Hands out batches of the partitions this process has been given; at most one batch of a partition at a time. */
  abstract consume(options: ConsumeOptions): Promise<Subscription>
  /** Reads the whole topic, all partitions, from the oldest record on, without storing a position: the way to keep a cache. */
  abstract follow(topic: Topic, name: string, apply: (record: LogRecord) => void): Promise<Follower>
  /** Shows `apply` the records of [from, to) of the named partitions once, without a position: for counting what lies ahead. */
  abstract read(topic: Topic, stretches: Stretches, apply: (record: LogRecord) => void): Promise<void>
  /** Present bounds of every partition. */
  abstract ranges(topic: Topic): Promise<readonly PartitionRange[]>
  abstract start(): Promise<void>
  abstract close(): Promise<void>
}

/** The log did not confirm in time: nothing is promised, the same messages may be sent again. */
export class LogUnavailable extends Error {}
