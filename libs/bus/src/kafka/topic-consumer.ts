import type kafkajs from 'kafkajs'
import { ALL_PARTITIONS, type ConsumeOptions, type PartitionRange, type Subscription } from '../bus.ts'
import { retryDelayMs } from '../retry-delay.ts'
import { sleep } from '../signal.ts'
import { fromKafkaMessage } from './kafka-messages.ts'

/**
 * The broker answers as soon as there is anything, or after this long. What comes while a batch is being handled gathers for
 * the next fetch, so a busy partition has large transactions without waiting, and a quiet one costs two requests a second.
 */
const FETCH_WAIT_MS_MAX = 500
const RESTART_DELAY_MS = 2_000

/**
 * Reads the partitions that the group gives this process. Kafka's committed offsets are only for lag metrics: after an
 * assignment every partition seeks to its stored position, and whatever the client fetched meanwhile is passed over.
 */
export class TopicConsumer implements Subscription {
  readonly #consumer: kafkajs.Consumer
  readonly #options: ConsumeOptions
  readonly #ranges: () => Promise<readonly PartitionRange[]>
  /** Where each partition reads on; absent right after an assignment, when only the stored position counts. */
  readonly #next = new Map<number, bigint>()
  readonly #failures = new Map<number, number>()
  readonly #halted = new Set<number>()
  #closed = false

  constructor(kafka: kafkajs.Kafka, options: ConsumeOptions, ranges: () => Promise<readonly PartitionRange[]>) {
    this.#options = options
    this.#ranges = ranges
    this.#consumer = kafka.consumer({
      groupId: options.consumer,
      sessionTimeout: 30_000,
      heartbeatInterval: 3_000,
      maxBytesPerPartition: 4 * 1024 * 1024,
      maxBytes: 16 * 1024 * 1024,
      minBytes: 1,
      maxWaitTimeInMs: FETCH_WAIT_MS_MAX,
      readUncommitted: false,
      retry: { retries: 1_000_000, initialRetryTime: 100, maxRetryTime: 2_000 },
    })
    this.#consumer.on(this.#consumer.events.GROUP_JOIN, () => this.#next.clear())
    this.#consumer.on(this.#consumer.events.CRASH, ({ payload }) => this.#crashed(payload))
  }

  async start(): Promise<void> {
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topic: this.#options.topic.name, fromBeginning: true })
    await this.#consumer.run({
      autoCommit: true,
      autoCommitInterval: 1_000,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: this.#options.partitionsAtOnceMax,
      eachBatch: (payload) => this.#eachBatch(payload),
    })
  }

  /** The client comes back by itself from what it takes for passing; from anything else it would stay away without a word. */
  #crashed({ error, restart }: { error: Error; restart: boolean }): void {
    if (restart || this.#closed) return
    this.#options.failed(ALL_PARTITIONS, error)
    setTimeout(() => {
      if (this.#closed) return
      this.start().catch((again: unknown) => this.#options.halted(ALL_PARTITIONS, `cannot be read: ${String(again)}`))
    }, RESTART_DELAY_MS)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#consumer.stop().catch(() => undefined)
    await this.#consumer.disconnect().catch(() => undefined)
  }

  async #eachBatch(payload: kafkajs.EachBatchPayload): Promise<void> {
    const { partition } = payload.batch
    if (!payload.isRunning() || payload.isStale() || this.#halted.has(partition)) return
    const asked = BigInt((payload.batch as unknown as { fetchedOffset: string }).fetchedOffset)
    try {
      if (await this.#seekIfElsewhere(partition, asked)) return
      await this.#handle(payload, asked)
    } catch (error) {
      const count = (this.#failures.get(partition) ?? 0) + 1
      this.#failures.set(partition, count)
      this.#options.failed(partition, error as Error)
      this.#next.delete(partition)
      await sleep(retryDelayMs(count))
      this.#seek(partition, asked)
    }
    await payload.heartbeat().catch(() => undefined)
  }

  async #seekIfElsewhere(partition: number, asked: bigint): Promise<boolean> {
    const stored = this.#next.get(partition) ?? (await this.#options.position(partition))
    if (stored === undefined || stored === asked) return false
    const range = (await this.#ranges())[partition]!
    if (stored < range.low || stored > range.high) {
      const held = `${range.low} to ${range.high}`
      this.#halt(partition, `offset ${stored} is outside of what the topic holds (${held})`)
    } else {
      this.#next.set(partition, stored)
      this.#seek(partition, stored)
    }
    return true
  }

  async #handle({ batch, resolveOffset }: kafkajs.EachBatchPayload, asked: bigint): Promise<void> {
    const { partition, topic } = batch
    const lastOffset = BigInt(batch.lastOffset())
    const outcome = await this.#options.handle({
      partition,
      askedOffset: asked,
      lastOffset,
      records: batch.messages.map((message) => fromKafkaMessage(topic, partition, message)),
    })
    if (outcome === 'halt') return this.#halt(partition, `what follows offset ${asked} cannot be read in order`)
    this.#failures.delete(partition)
    this.#next.set(partition, outcome)
    if (outcome > lastOffset) resolveOffset(batch.lastOffset())
    else this.#seek(partition, outcome)
  }

  #seek(partition: number, offset: bigint): void {
    this.#consumer.seek({ topic: this.#options.topic.name, partition, offset: String(offset) })
  }

  #halt(partition: number, reason: string): void {
    this.#halted.add(partition)
    this.#consumer.pause([{ topic: this.#options.topic.name, partitions: [partition] }])
    this.#options.halted(partition, reason)
  }
}
