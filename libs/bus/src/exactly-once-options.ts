import type { Topic } from '@portitor/contracts'
import type { Queryable } from '@portitor/postgres'
import type { LogRecord, OutgoingMessage, Published } from './bus.ts'

export interface FailedItem<Item> {
  readonly record: LogRecord
  /** Which item of the record failed; undefined where the record could not be decoded at all. */
  readonly item: Item | undefined
  readonly error: Error
}

export interface ExactlyOnceOptions<Item> {
  readonly consumer: string
  readonly topic: Topic
  readonly itemsPerBatchMax?: number
  readonly partitionsAtOnceMax?: number
  /** Turns a record into its items; throwing hands the whole record to `deadLetter`. */
  decode(record: LogRecord): Item[]
  /** Does the work of a batch in `tx` and returns the messages that are to be published in the same commit. */
  handle(tx: Queryable, items: Item[], batch: BatchInfo): Promise<OutgoingMessage[]>
  /** Makes the dead letter of what cannot be processed however often it is tried; may note it through `tx`. */
  deadLetter(tx: Queryable, failed: FailedItem<Item>): OutgoingMessage | Promise<OutgoingMessage>
  /** Told, still inside of the transaction, which numbers the published messages got. */
  published?(tx: Queryable, published: readonly Published[]): Promise<void>
  /** Told of every alarm: a failing batch that is retried, a partition that stopped. Default: standard error. */
  alarm?(text: string): void
}

export interface BatchInfo {
  readonly topic: string
  readonly partition: number
}
