import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { type DistributedSystem, startDistributedSystem } from '@portitor/stack'
import { describeWith, until } from '@portitor/testing'
import kafkajs from 'kafkajs'

const PROJECT = new URL('../../../', import.meta.url).pathname
// The services pack with zstd, which kafkajs leaves to its users.
kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
  decompress: async (packed: Buffer) => zstdDecompressSync(packed),
})
const TOPIC = 'portitor.usage.recorded.v1'
/** It may have to wait for the builds of others, and starts two engines and three services. */
const startMsMax = 600_000

describeWith(['postgres', 'kafka'], 'a broker that freezes', () => {
  let system: DistributedSystem
  let workspace: string

  beforeAll(async () => {
    // As the command builds: behind its lock, since other specs build in this checkout at the same time.
    const built = spawnSync(process.execPath, [join(PROJECT, 'tools/run.mjs'), 'chaos', '--help'], { encoding: 'utf8' })
    if (built.status !== 0) throw new Error(built.stderr)
    system = await startDistributedSystem({
      replicas: { auth: 1, ingestion: 1, rating: 1 },
      partitions: 2,
      log: () => undefined,
    })
    const created = await fetch(`${system.of('auth')[0]!.url}/api/v1/workspaces`, {
      method: 'POST',
      headers: { authorization: `Bearer ${system.operatorKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'frozen' }),
    })
    workspace = ((await created.json()) as { id: string }).id
  }, startMsMax)
  afterAll(() => system.stop())
  // Each test kills or freezes something: none shall fail for what the one before it left.
  beforeEach(() => system.of('ingestion')[0]!.ready())

  const event = (id: string) => ({
    specversion: '1.0',
    id,
    source: 'frozen',
    type: 'tokens.consumed',
    time: '2026-05-05T05:05:05Z',
    subject: workspace,
    data: { provider: 'openai', model: 'gpt-4o', input_tokens: 10, output_tokens: 10 },
  })
  const post = async (ids: readonly string[]): Promise<number> => {
    const response = await fetch(`${system.of('ingestion')[0]!.url}/api/v1/metering/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${system.operatorKey}`, 'content-type': 'application/cloudevents-batch+json' },
      body: JSON.stringify(ids.map(event)),
      signal: AbortSignal.timeout(25_000),
    }).catch(() => undefined)
    await response?.arrayBuffer().catch(() => undefined)
    return response?.status ?? 0
  }
  const idsInTheLog = async (): Promise<Set<string>> => {
    const kafka = new kafkajs.Kafka({
      brokers: system.stack.engine('kafka').url.split(','),
      logLevel: kafkajs.logLevel.NOTHING,
    })
    const admin = kafka.admin()
    await admin.connect()
    const open = new Map<number, bigint>()
    // A broker that was frozen for long has lost its leadership, and takes a moment to have it again.
    await until(async () => {
      const offsets = await admin.fetchTopicOffsets(TOPIC).catch(() => undefined)
      for (const { partition, high } of offsets ?? []) open.set(partition, BigInt(high))
      return offsets !== undefined
    }, 'the broker leading its partitions')
    await admin.disconnect()
    for (const [partition, high] of open) if (high === 0n) open.delete(partition)
    const consumer = kafka.consumer({ groupId: `frozen-${Date.now()}` })
    const ids = new Set<string>()
    await consumer.connect()
    await consumer.subscribe({ topic: TOPIC, fromBeginning: true })
    await new Promise<void>((resolve) => {
      void consumer.run({
        eachBatch: async ({ batch }) => {
          for (const { value } of batch.messages)
            for (const { id } of JSON.parse(value!.toString()) as { id: string }[]) ids.add(id)
          if (BigInt(batch.lastOffset()) + 1n >= (open.get(batch.partition) ?? 0n)) open.delete(batch.partition)
          if (open.size === 0) resolve()
        },
      })
    })
    await consumer.disconnect()
    return ids
  }

  it('M-5 every event that was answered 202 arrives: broker frozen, events posted, service killed, broker resumed', async () => {
    const batches = (name: string) =>
      Array.from({ length: 40 }, (_, n) => Array.from({ length: 50 }, (_, m) => `${name}-${n}-${m}`))
    const accepted: string[] = []
    const keep = async (ids: readonly string[]) => {
      const status = await post(ids)
      if (status === 202) accepted.push(...ids)
      return status
    }
    for (const ids of batches('before')) await until(async () => (await keep(ids)) === 202)
    expect(accepted).toHaveLength(2_000)

    await system.stack.engine('kafka').kill('SIGSTOP')
    const during = batches('during').map(keep)
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    // Nothing may be promised while the log does not answer.
    expect(accepted).toHaveLength(2_000)
    await system.of('ingestion')[0]!.kill('SIGKILL')
    const statuses = await Promise.all(during)
    expect(statuses).not.toContain(202)
    await system.stack.engine('kafka').kill('SIGCONT')

    const present = await idsInTheLog()
    expect(accepted.filter((id) => !present.has(id))).toEqual([])

    await system.of('ingestion')[0]!.ready()
    for (const ids of batches('during')) await until(async () => (await keep(ids)) === 202)
    const complete = await idsInTheLog()
    expect(accepted).toHaveLength(4_000)
    expect(accepted.filter((id) => !complete.has(id))).toEqual([])
  })

  it('M-11 a log that does not answer is a 503 with retry-after, and the same batch sent again counts once', async () => {
    await system.stack.engine('kafka').kill('SIGSTOP')
    const response = await fetch(`${system.of('ingestion')[0]!.url}/api/v1/metering/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${system.operatorKey}`, 'content-type': 'application/cloudevents+json' },
      body: JSON.stringify(event('slow-1')),
    })
    const problem = (await response.json()) as { code: string }
    await system.stack.engine('kafka').kill('SIGCONT')
    expect([response.status, problem.code]).toEqual([503, 'log.unavailable'])
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    await until(async () => (await post(['slow-1'])) === 202)
  })
})
