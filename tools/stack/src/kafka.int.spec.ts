import { Kafka, logLevel } from 'kafkajs'
import { describeWith } from '@portitor/testing'
import { processTree } from './process-tree.ts'
import { startStack, type Stack } from './stack.ts'

/** A bound against hanging, not a measurement: a broker's start takes 3 s of both cores, more where they are shared. */
const startsMsMax = 240_000

describeWith(['kafka'], 'a Kafka broker of the stack', () => {
  let stack: Stack
  const topic = 'stack.kept.v1'
  const connect = () =>
    new Kafka({ clientId: 'stack-spec', brokers: [stack.engine('kafka').url], logLevel: logLevel.NOTHING })

  beforeAll(async () => {
    stack = await startStack({ engines: ['kafka'] })
  }, startsMsMax)
  afterAll(() => stack.stop())

  async function produce(...values: string[]) {
    const producer = connect().producer({ idempotent: true, retry: { retries: 2 } })
    await producer.connect()
    await producer.send({ topic, acks: -1, messages: values.map((value) => ({ value })) })
    await producer.disconnect()
  }

  /** The first `count` values, read by a new group. */
  async function consume(count: number): Promise<(string | undefined)[]> {
    const consumer = connect().consumer({ groupId: `stack-spec-${Date.now()}`, maxWaitTimeInMs: 100 })
    const values: (string | undefined)[] = []
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      consumer.on('consumer.crash', ({ payload }) => reject(payload.error))
      const eachMessage = async ({ message }: { message: { value: Buffer | null } }) => {
        if (values.push(message.value?.toString()) === count) resolve()
      }
      consumer.run({ eachMessage }).catch(reject)
    })
    await consumer.disconnect()
    return values
  }

  it('O-1 creates no topic by itself and takes a record of 1 MiB', async () => {
    await expect(produce('nowhere to go')).rejects.toThrow('does not host this topic-partition')
    const admin = connect().admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true })
    await admin.disconnect()
    await produce('x'.repeat(2 ** 20))
    expect((await consume(1))[0]).toHaveLength(2 ** 20)
  })

  it(
    'O-1 keeps what it acknowledged, and its address, over SIGKILL and restart',
    async () => {
      const { url, pid } = stack.engine('kafka')
      await produce('acknowledged')
      await stack.engine('kafka').kill('SIGKILL')
      expect(processTree(pid)).toEqual([])
      await stack.engine('kafka').restart()
      expect(stack.engine('kafka').url).toBe(url)
      expect((await consume(2))[1]).toBe('acknowledged')
    },
    startsMsMax,
  )

  it('O-1 leaves no process behind', async () => {
    const { pid } = stack.engine('kafka')
    await stack.stop()
    expect(processTree(pid)).toEqual([])
  })
})
