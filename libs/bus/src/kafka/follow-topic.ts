import { randomUUID } from 'node:crypto'
import type { Topic } from '@portitor/contracts'
import type kafkajs from 'kafkajs'
import type { Follower, LogRecord, PartitionRange } from '../bus.ts'
import { fromKafkaMessage } from './kafka-messages.ts'

/** Reads all partitions from the oldest record on with a group of its own, so every process sees everything. */
export async function followTopic(
  kafka: kafkajs.Kafka,
  name: string,
  topic: Topic,
  ranges: readonly PartitionRange[],
  apply: (record: LogRecord) => void,
): Promise<Follower> {
  const groupId = `${name}-${randomUUID()}`
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 500, retry: { retries: 1_000_000, maxRetryTime: 2_000 } })
  const behind = new Set(ranges.flatMap((range, partition) => (range.high > range.low ? [partition] : [])))
  let reportCaughtUp: () => void
  const caughtUp = new Promise<void>((resolve) => (reportCaughtUp = resolve))
  await consumer.connect()
  await consumer.subscribe({ topic: topic.name, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      for (const message of batch.messages) apply(fromKafkaMessage(topic.name, batch.partition, message))
      if (BigInt(batch.lastOffset()) + 1n >= ranges[batch.partition]!.high) behind.delete(batch.partition)
      if (behind.size === 0) reportCaughtUp()
    },
  })
  if (behind.size === 0) reportCaughtUp!()
  return {
    caughtUp,
    async close() {
      await consumer.stop().catch(() => undefined)
      await consumer.disconnect().catch(() => undefined)
      const admin = kafka.admin()
      await admin.connect()
      await admin.deleteGroups([groupId]).catch(() => undefined)
      await admin.disconnect()
    },
  }
}
