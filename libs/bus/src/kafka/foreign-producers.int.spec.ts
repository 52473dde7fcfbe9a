import { randomBytes } from 'node:crypto'
import { Producer } from '@platformatic/kafka'
import type { Topic } from '@portitor/contracts'
import { Database, migrate } from '@portitor/postgres'
import { describeWith, engineUrl, freshDatabase, until } from '@portitor/testing'
import kafkajs from 'kafkajs'
import {
  busMigrations,
  consumeExactlyOnce,
  type ExactlyOnceSubscription,
  KafkaBus,
  PRODUCER_HEADER,
  SEQUENCE_HEADER,
} from '../index.ts'

describeWith(['postgres', 'kafka'], 'producers outside of Portitor', () => {
  let topic: Topic
  let database: Database
  let bus: KafkaBus
  let kafka: kafkajs.Kafka
  let seen: string[]
  let subscription: ExactlyOnceSubscription | undefined
  let drop: () => Promise<void>

  beforeEach(async () => {
    const fresh = await freshDatabase()
    await migrate(fresh.url, 'bus', busMigrations)
    database = new Database({ url: fresh.url, connectionsMax: 6, applicationName: 'foreign' })
    topic = { name: `test.foreign.${randomBytes(4).toString('hex')}`, compacted: false }
    const brokers = engineUrl('kafka').split(',')
    bus = new KafkaBus(database, { brokers, service: 'foreign', partitions: 1, topics: [topic], log: () => undefined })
    await bus.start()
    kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING })
    seen = []
    drop = fresh.drop
  })
  afterEach(async () => {
    await subscription?.close()
    subscription = undefined
    await bus.close()
    await database.close()
    await drop()
  })

  const consume = async () => {
    subscription = await consumeExactlyOnce<string>(bus, database, {
      consumer: `${topic.name}.worker`,
      topic,
      decode: (record) => [record.value!.toString()],
      handle: async (_tx, items) => {
        seen.push(...items)
        return []
      },
      deadLetter: () => ({ topic, key: null, value: null }),
      alarm: () => undefined,
    })
  }

  it('M-1 a transactional producer: what it commits is read once, what it aborts never, its markers stop nothing', async () => {
    const producer = kafka.producer({ transactionalId: topic.name, idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const transact = async (values: string[], commit: boolean) => {
      const transaction = await producer.transaction()
      await transaction.send({ topic: topic.name, messages: values.map((value) => ({ value })) })
      await (commit ? transaction.commit() : transaction.abort())
    }
    await transact(['a', 'b'], true)
    await transact(['never'], false)
    await transact(['c'], true)
    await consume()
    await until(() => seen.length === 3)
    await subscription!.close()
    await transact(['never either'], false)
    await transact(['d'], true)
    await consume()
    await until(() => seen.length === 4)
    await transact(['e'], true)
    await until(() => seen.length === 5)
    await producer.disconnect()
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('M-1 a producer may pack as it likes', async () => {
    const packings = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
    const producer = new Producer({ clientId: 'foreign', bootstrapBrokers: engineUrl('kafka').split(',') })
    const valueOf = (compression: string, n: number) => `${compression} ${n} ${'the same again '.repeat(20)}`
    for (const compression of packings) {
      const messages = [1, 2, 3].map((n) => ({
        topic: topic.name,
        partition: 0,
        value: Buffer.from(valueOf(compression, n)),
      }))
      await producer.send({ messages, compression, acks: -1 })
    }
    await producer.close()
    await consume()
    await until(() => seen.length >= 15)
    expect(seen).toEqual(packings.flatMap((compression) => [1, 2, 3].map((n) => valueOf(compression, n))))
  })

  it('a gap in a producer numbering stops the partition and says so, and nothing after it is taken', async () => {
    const producer = kafka.producer()
    await producer.connect()
    const send = (sequence: number) =>
      producer.send({
        topic: topic.name,
        messages: [
          { value: `n${sequence}`, headers: { [PRODUCER_HEADER]: 'service', [SEQUENCE_HEADER]: String(sequence) } },
        ],
      })
    for (const sequence of [7, 8, 8, 7, 9, 11, 12]) await send(sequence)
    await consume()
    await until(() => subscription!.trouble() !== undefined)
    await producer.disconnect()
    expect(seen).toEqual(['n7', 'n8', 'n9'])
    expect(subscription!.trouble()).toContain(`${topic.name}/0`)
  })

  it('a position that the topic no longer holds stops the partition, it never resets by itself', async () => {
    const producer = kafka.producer()
    await producer.connect()
    await producer.send({ topic: topic.name, messages: Array.from({ length: 10 }, (_, n) => ({ value: String(n) })) })
    await database.query(`insert into bus.positions (consumer, topic, partition, next_offset) values ($1, $2, 0, 3)`, [
      `${topic.name}.worker`,
      topic.name,
    ])
    const admin = kafka.admin()
    await admin.connect()
    await admin.fetchTopicOffsets(topic.name)
    await admin.deleteTopicRecords({ topic: topic.name, partitions: [{ partition: 0, offset: '6' }] })
    await admin.disconnect()
    await consume()
    await until(() => subscription!.trouble() !== undefined)
    await producer.disconnect()
    expect(seen).toEqual([])
    expect(subscription!.trouble()).toMatch(/offset 3 is outside/)
  })
})
