import { randomUUID } from 'node:crypto'
import type kafkajs from 'kafkajs'
import type { LogRecord } from '../bus.ts'
import { fromKafkaMessage } from './kafka-messages.ts'

/** What lies behind the last record may be transaction markers that no client is shown: after so long without one, that was all. */
const IDLE_MS_MAX = 2_000

/** Reads [from, to) of each named partition with a group of its own that is removed afterwards. */
export async function readStretch(
  kafka: kafkajs.Kafka,
  name: string,
  topic: string,
  stretches: ReadonlyMap<number, { from: bigint; to: bigint }>,
  apply: (record: LogRecord) => void,
): Promise<void> {
  const groupId = `${name}-${randomUUID()}`
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 200, allowAutoTopicCreation: false })
  const next = new Map([...stretches].map(([partition, { from }]) => [partition, from]))
  const open = () => [...stretches].some(([partition, { to }]) => next.get(partition)! < to)
  let lastSeenMs = Date.now()
  await consumer.connect()
  try {
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        const stretch = stretches.get(batch.partition)
        if (stretch === undefined) return
        lastSeenMs = Date.now()
        for (const message of batch.messages) {
          const offset = BigInt(message.offset)
          if (offset < next.get(batch.partition)! || offset >= stretch.to) continue
          next.set(batch.partition, offset + 1n)
          apply(fromKafkaMessage(topic, batch.partition, message))
        }
      },
    })
    for (const [partition, { from }] of stretches) consumer.seek({ topic, partition, offset: String(from) })
    while (open() && Date.now() - lastSeenMs < IDLE_MS_MAX) await new Promise((resolve) => setTimeout(resolve, 50))
  } finally {
    await consumer.stop().catch(() => undefined)
    await consumer.disconnect().catch(() => undefined)
    const admin = kafka.admin()
    await admin.connect()
    await admin.deleteGroups([groupId]).catch(() => undefined)
    await admin.disconnect()
  }
}
