import type kafkajs from 'kafkajs'
import type { ConsumeOptions, PartitionRange, Subscription } from '../bus.ts'
import { retryDelayMs } from '../retry-delay.ts'
import { sleep } from '../signal.ts'
import { fromKafkaMessage } from './kafka-messages.ts'

/**
 * Reads the partitions that the group gives this process. Kafka's committed offsets are only for lag metrics: after an
 * assignment every partition seeks to its stored position, and whatever the client fetched meanwhile is passed over.
 */
export async function consumeTopic(
  kafka: kafkajs.Kafka,
  options: ConsumeOptions,
  ranges: () => Promise<readonly PartitionRange[]>,
): Promise<Subscription> {
  const topic = options.topic.name
  const consumer = kafka.consumer({
    groupId: options.consumer,
    sessionTimeout: 30_000,
    heartbeatInterval: 3_000,
    maxBytesPerPartition: 4 * 1024 * 1024,
    maxBytes: 16 * 1024 * 1024,
    maxWaitTimeInMs: 500,
    readUncommitted: false,
    retry: { retries: 1_000_000, initialRetryTime: 100, maxRetryTime: 2_000 },
  })
  /** Where each partition reads on; absent right after an assignment, when only the stored position counts. */
  const next = new Map<number, bigint>()
  const failures = new Map<number, number>()
  const halted = new Set<number>()
  consumer.on(consumer.events.GROUP_JOIN, () => next.clear())

  async function eachBatch({ batch, resolveOffset, heartbeat, isRunning, isStale }: kafkajs.EachBatchPayload) {
    const { partition } = batch
    if (!isRunning() || isStale() || halted.has(partition)) return
    const asked = BigInt((batch as unknown as { fetchedOffset: string }).fetchedOffset)
    const seek = (offset: bigint) => consumer.seek({ topic, partition, offset: String(offset) })
    try {
      const known = next.get(partition)
      const stored = known ?? (await options.position(partition))
      if (stored !== undefined && stored !== asked) {
        const range = (await ranges())[partition]!
        if (stored < range.low || stored > range.high) {
          return halt(partition, `offset ${stored} is outside of what the topic holds (${range.low} to ${range.high})`)
        }
        next.set(partition, stored)
        return seek(stored)
      }
      const outcome = await options.handle({
        partition,
        askedOffset: asked,
        lastOffset: BigInt(batch.lastOffset()),
        records: batch.messages.map((message) => fromKafkaMessage(topic, partition, message)),
      })
      if (outcome === 'halt') return halt(partition, `what follows offset ${asked} cannot be read in order`)
      failures.delete(partition)
      next.set(partition, outcome)
      if (outcome > BigInt(batch.lastOffset())) resolveOffset(batch.lastOffset())
      else seek(outcome)
    } catch (error) {
      const count = (failures.get(partition) ?? 0) + 1
      failures.set(partition, count)
      options.failed(partition, error as Error)
      next.delete(partition)
      await sleep(retryDelayMs(count))
      seek(asked)
    }
    await heartbeat().catch(() => undefined)
  }

  function halt(partition: number, reason: string): void {
    halted.add(partition)
    consumer.pause([{ topic, partitions: [partition] }])
    options.halted(partition, reason)
  }

  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommit: true,
    autoCommitInterval: 1_000,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: options.partitionsAtOnceMax,
    eachBatch,
  })
  return {
    async close() {
      await consumer.stop().catch(() => undefined)
      await consumer.disconnect().catch(() => undefined)
    },
  }
}
