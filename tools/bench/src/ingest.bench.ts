import { type DistributedSystem, startDistributedSystem } from '@portitor/stack'
import kafkajs from 'kafkajs'
import { announceWorkspaces } from './announce-workspaces.ts'
import { peakMemoryMb } from './consumption.ts'
import { usageEvent, workspaceIds } from './events.ts'
import { httpLoad } from './http-load.ts'
import { type BenchResult, ratioOf } from './result.ts'

const PARTITIONS = 4
const WORKSPACES = 100
const BATCH = 1_000
const BATCH_CONNECTIONS = 4
const SINGLE_CONNECTIONS = 16

/** HTTP → in Kafka before the answer. `rate`: batches of 1,000; `single_rate`: one event a request over 16 connections; the limit is one message an event with acks=all. */
export async function benchIngest(events: number, log: (text: string) => void): Promise<BenchResult> {
  const system = await startDistributedSystem({ replicas: { ingestion: 1, rating: 1 }, partitions: PARTITIONS, log })
  try {
    // Rating has published the meters; from here on it would only take the cores.
    for (const service of system.of('rating')) await service.kill()
    const [ingestion] = system.of('ingestion')
    const workspaces = workspaceIds(WORKSPACES)
    await announceWorkspaces(system, workspaces)
    const event = (run: string, row: number) => JSON.stringify(usageEvent(run, row, workspaces[row % WORKSPACES]!))
    const batches = (run: string, requests: number) => {
      const bodies = Array.from(
        { length: requests },
        (_, n) => `[${Array.from({ length: BATCH }, (_, m) => event(run, n * BATCH + m)).join(',')}]`,
      )
      return httpLoad({
        url: ingestion!.url,
        key: system.operatorKey,
        contentType: 'application/cloudevents-batch+json',
        connections: BATCH_CONNECTIONS,
        requests,
        eventsPerRequest: BATCH,
        body: (number) => bodies[number]!,
      })
    }
    const singles = (run: string, requests: number) =>
      httpLoad({
        url: ingestion!.url,
        key: system.operatorKey,
        contentType: 'application/cloudevents+json',
        connections: SINGLE_CONNECTIONS,
        requests,
        eventsPerRequest: 1,
        body: (number) => event(run, number),
      })
    log('warming up')
    await batches('warm', 20)
    await singles('warms', 3_000)
    log('batches of 1,000')
    const batched = await batches('batch', Math.ceil(events / BATCH))
    log('single events over 16 connections')
    const single = await singles('single', Math.min(events, 40_000))
    log('raw Kafka produce, acks=all')
    const limit = await produceLimit(system, events, event)
    return {
      name: 'ingest',
      unit: 'events',
      rate: Math.round(batched.eventsPerSecond),
      limit: Math.round(limit),
      ratio: ratioOf(batched.eventsPerSecond, limit),
      p50_ms: batched.p50,
      p99_ms: batched.p99,
      rss_mb: peakMemoryMb(ingestion!.pid),
      events,
      single_rate: Math.round(single.eventsPerSecond),
      single_p50_ms: single.p50,
      single_p99_ms: single.p99,
    }
  } finally {
    await system.stop()
  }
}

async function produceLimit(
  system: DistributedSystem,
  events: number,
  event: (run: string, row: number) => string,
): Promise<number> {
  const kafka = new kafkajs.Kafka({
    brokers: system.stack.engine('kafka').url.split(','),
    logLevel: kafkajs.logLevel.NOTHING,
  })
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic: 'bench.limit', numPartitions: PARTITIONS }] })
  await admin.disconnect()
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  const batches = Array.from({ length: Math.ceil(events / BATCH) }, (_, n) =>
    Array.from({ length: BATCH }, (_, m) => ({ value: event('limit', n * BATCH + m), partition: m % PARTITIONS })),
  )
  await producer.send({ topic: 'bench.limit', messages: batches[0]!, acks: -1 })
  const begun = performance.now()
  for (const messages of batches) await producer.send({ topic: 'bench.limit', messages, acks: -1 })
  const seconds = (performance.now() - begun) / 1_000
  await producer.disconnect()
  return (batches.length * BATCH) / seconds
}
