import { topics as allTopics, type Topic } from '@portitor/contracts'
import type { Database, Queryable } from '@portitor/postgres'
import kafkajs from 'kafkajs'
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
import { appendToLog } from '../log-tables.ts'
import { createPartitioner } from '../partitioner.ts'
import { startRelay, type Relay } from '../relay.ts'
import { Signal, sleep } from '../signal.ts'
import { withinTime } from '../within-time.ts'
import { learnCodecs } from './codecs.ts'
import { followTopic } from './follow-topic.ts'
import { createKafkaProducer, type KafkaProducer } from './kafka-producer.ts'
import { readStretch } from './read-stretch.ts'
import { restIdleQueues } from './rest-idle-queues.ts'
import { TopicConsumer } from './topic-consumer.ts'

const APPEND_MS_MAX = 10_000

/** Heartbeats come three a second: short segments and early cleaning keep the topic at about an hour of them. */
const compactedSettings = [
  { name: 'cleanup.policy', value: 'compact' },
  { name: 'segment.ms', value: '3600000' },
  { name: 'min.cleanable.dirty.ratio', value: '0.1' },
]

export interface KafkaBusOptions {
  readonly brokers: readonly string[]
  /** The service: names its outbox, and with the topic and partition the numbering of its records. */
  readonly service: string
  readonly partitions: number
  readonly appendTimeoutMs?: number
  /** Topics to use; all of the contracts unless a test brings its own. */
  readonly topics?: readonly Topic[]
  log?(text: string): void
}

/** The log in Kafka. What a transaction publishes goes through the outbox tables and the relay; appends go straight. */
export class KafkaBus extends Bus {
  readonly partitions: number
  readonly partitionOf: (key: string) => number
  readonly #kafka: kafkajs.Kafka
  readonly #admin: kafkajs.Admin
  readonly #producer: KafkaProducer
  readonly #signal = new Signal()
  #relay: Relay | undefined
  #listener: { close(): Promise<void> } | undefined

  constructor(
    readonly database: Database,
    readonly options: KafkaBusOptions,
  ) {
    super()
    restIdleQueues()
    this.partitions = options.partitions
    this.partitionOf = createPartitioner(options.partitions)
    learnCodecs()
    this.#kafka = new kafkajs.Kafka({
      clientId: `portitor-${options.service}`,
      brokers: [...options.brokers],
      logLevel: kafkajs.logLevel.NOTHING,
      requestTimeout: 10_000,
      connectionTimeout: 3_000,
      retry: { retries: 8, initialRetryTime: 100, maxRetryTime: 5_000 },
    })
    this.#admin = this.#kafka.admin()
    this.#producer = this.#createProducer()
  }

  #createProducer(): KafkaProducer {
    const { brokers, service, appendTimeoutMs: requestMsMax = APPEND_MS_MAX } = this.options
    return createKafkaProducer({
      clientId: `portitor-${service}`,
      brokers,
      partitionOf: this.partitionOf,
      requestMsMax,
    })
  }

  async start(): Promise<void> {
    await this.#admin.connect()
    await this.#createTopics()
    await this.#producer.connect()
    this.#listener = await listenForAppends(this.database, this.#signal)
    const sender = this.#createProducer()
    this.#relay = startRelay(this.database, this.options.service, this.#signal, {
      connect: () => sender.connect(),
      send: (messages) => sender.send(messages),
      disconnect: () => sender.close(),
      alarm: this.options.log ?? ((text) => console.error(text)),
    })
  }

  /** Topics that are absent are made; one with another number of partitions would scatter keys, so it is refused. */
  async #createTopics(): Promise<void> {
    const wanted = this.options.topics ?? allTopics
    const existing = new Set(await this.#admin.listTopics())
    const absent = wanted.filter((topic) => !existing.has(topic.name))
    if (absent.length > 0) {
      await this.#admin
        .createTopics({
          waitForLeaders: true,
          topics: absent.map((topic) => ({
            topic: topic.name,
            numPartitions: this.partitions,
            replicationFactor: -1,
            configEntries: topic.compacted ? compactedSettings : [],
          })),
        })
        .catch((error: unknown) => {
          // Another service that starts at the same moment may have made them first.
          if (!/already exists/i.test(JSON.stringify(error, Object.getOwnPropertyNames(error)))) throw error
        })
    }
    const { topics } = await this.#admin.fetchTopicMetadata({ topics: wanted.map((topic) => topic.name) })
    for (const topic of topics) {
      if (topic.partitions.length !== this.partitions) {
        throw new Error(
          `topic ${topic.name} has ${topic.partitions.length} partitions, PORTITOR_PARTITIONS says ${this.partitions}: set it to what the topics have`,
        )
      }
    }
  }

  async publish(tx: Queryable, messages: readonly OutgoingMessage[]): Promise<Published[]> {
    return appendToLog(tx, this.options.service, messages, this.partitionOf)
  }

  committed(): void {
    this.#signal.wake()
  }

  async append(messages: readonly OutgoingMessage[]): Promise<void> {
    const timeoutMs = this.options.appendTimeoutMs ?? APPEND_MS_MAX
    await withinTime(this.#producer.send(messages, Date.now() + timeoutMs), timeoutMs)
  }

  async consume(options: ConsumeOptions): Promise<Subscription> {
    const consumer = new TopicConsumer(this.#kafka, options, () => this.ranges(options.topic))
    await consumer.start()
    return consumer
  }

  async follow(topic: Topic, name: string, apply: (record: LogRecord) => void): Promise<Follower> {
    return followTopic(this.#kafka, `portitor-${this.options.service}-${name}`, topic, await this.ranges(topic), apply)
  }

  async read(topic: Topic, stretches: Stretches, apply: (record: LogRecord) => void): Promise<void> {
    const open = new Map([...stretches].filter(([, { from, to }]) => from < to))
    if (open.size > 0) await readStretch(this.#kafka, `portitor-${this.options.service}-read`, topic.name, open, apply)
  }

  async ranges(topic: Topic): Promise<readonly PartitionRange[]> {
    const offsets = await untilLed(() => this.#admin.fetchTopicOffsets(topic.name))
    const ranges = Array.from({ length: this.partitions }, (): PartitionRange => ({ low: 0n, high: 0n }))
    for (const { partition, low, high } of offsets) ranges[partition] = { low: BigInt(low), high: BigInt(high) }
    return ranges
  }

  /** What the relay has to say for the health check. */
  trouble(): string | undefined {
    return this.#relay?.trouble()
  }

  async close(): Promise<void> {
    await this.#relay?.close()
    await this.#listener?.close()
    await this.#producer.close().catch(() => undefined)
    await this.#admin.disconnect().catch(() => undefined)
  }
}

const LEADER_TRIES_MAX = 25
const LEADER_WAIT_MS = 200

/** A topic that was made a moment ago may not have its leaders yet; Kafka calls that retriable. */
async function untilLed<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= LEADER_TRIES_MAX || (error as { retriable?: boolean }).retriable !== true) throw error
      await sleep(LEADER_WAIT_MS)
    }
  }
}
