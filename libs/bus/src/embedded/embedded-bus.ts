import type { Topic } from '@portitor/contracts'
import type { Database, Queryable } from '@portitor/postgres'
import {
  Bus,
  type ConsumeOptions,
  type Follower,
  type LogRecord,
  type OutgoingMessage,
  type PartitionRange,
  type Published,
  type Stretches,
  type Subscription,
} from '../bus.ts'
import { listenForAppends } from '../listen.ts'
import { appendToLog, readLog } from '../log-tables.ts'
import { createPartitioner } from '../partitioner.ts'
import { Signal } from '../signal.ts'
import { withinTime } from '../within-time.ts'
import { followLog } from './follow-log.ts'
import { LogConsumer } from './log-consumer.ts'
import { retain } from './retain.ts'

/** The name of the one log that all services share when the tables themselves are the topics. */
export const EMBEDDED_LOG = 'log'
const RETAIN_INTERVAL_MS = 3_600_000
const APPEND_MS_MAX = 10_000
const READ_LIMITS = { recordsMax: 1_000, bytesMax: 512 * 1024 }

export interface EmbeddedBusOptions {
  readonly partitions: number
  /** How long records are kept; never less than until every consumer has read them. Default 7 days, as Kafka's. */
  readonly retentionMs?: number
}

/** The log in Postgres: gapless offsets, partitions, positions; durable as the database is. */
export class EmbeddedBus extends Bus {
  readonly partitions: number
  readonly partitionOf: (key: string) => number
  readonly #signal = new Signal()
  #listener: { close(): Promise<void> } | undefined
  #retention: NodeJS.Timeout | undefined

  constructor(
    readonly database: Database,
    readonly options: EmbeddedBusOptions,
  ) {
    super()
    this.partitions = options.partitions
    this.partitionOf = createPartitioner(options.partitions)
  }

  async start(): Promise<void> {
    this.#listener = await listenForAppends(this.database, this.#signal)
    const retentionMs = this.options.retentionMs ?? 7 * 24 * 3_600_000
    const run = () => void retain(this.database, EMBEDDED_LOG, retentionMs).catch(() => undefined)
    this.#retention = setInterval(run, RETAIN_INTERVAL_MS)
    this.#retention.unref()
  }

  async publish(tx: Queryable, messages: readonly OutgoingMessage[]): Promise<Published[]> {
    return appendToLog(tx, EMBEDDED_LOG, messages, this.partitionOf)
  }

  committed(): void {
    this.#signal.wake()
  }

  /** One statement is one transaction: its answer is the commit. */
  async append(messages: readonly OutgoingMessage[]): Promise<void> {
    await withinTime(appendToLog(this.database, EMBEDDED_LOG, messages, this.partitionOf), APPEND_MS_MAX)
    this.#signal.wake()
  }

  async consume(options: ConsumeOptions): Promise<Subscription> {
    const { database, partitions } = this
    return new LogConsumer({ database, log: EMBEDDED_LOG, signal: this.#signal, partitions }, options)
  }

  async follow(topic: Topic, _name: string, apply: (record: LogRecord) => void): Promise<Follower> {
    return followLog(this.database, EMBEDDED_LOG, this.#signal, topic, apply)
  }

  async read(topic: Topic, stretches: Stretches, apply: (record: LogRecord) => void): Promise<void> {
    for (const [partition, { from, to }] of stretches) {
      for (let next = from; next < to;) {
        const at = { log: EMBEDDED_LOG, topic: topic.name, partition, from: next }
        const records = await readLog(this.database, at, READ_LIMITS)
        if (records.length === 0) break
        for (const record of records) if (record.offset < to) apply(record)
        next = records.at(-1)!.offset + 1n
      }
    }
  }

  async ranges(topic: Topic): Promise<readonly PartitionRange[]> {
    const { rows } = await this.database.query<{ partition: number; low: bigint; high: bigint }>(
      `select h.partition, h.next_offset as high,
         coalesce((select min(record_offset) from bus.records r
                   where r.log = h.log and r.topic = h.topic and r.partition = h.partition), h.next_offset) as low
       from bus.heads h where h.log = $1 and h.topic = $2`,
      [EMBEDDED_LOG, topic.name],
    )
    const ranges = Array.from({ length: this.partitions }, (): PartitionRange => ({ low: 0n, high: 0n }))
    for (const row of rows) ranges[row.partition] = { low: row.low, high: row.high }
    return ranges
  }

  async close(): Promise<void> {
    clearInterval(this.#retention)
    await this.#listener?.close()
    this.#signal.wake()
  }
}
