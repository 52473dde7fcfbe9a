import { type DistributedSystem, startDistributedSystem } from '@portitor/stack'
import { announceWorkspaces } from './announce-workspaces.ts'
import { measureConsumption, processesOf } from './consumption.ts'
import { measureCopyLimit } from './copy-limit.ts'
import { usageEvent, workspaceIds } from './events.ts'
import { fillTopic } from './fill-topic.ts'
import { type BenchResult, ratioOf } from './result.ts'
import { measureVisibility } from './visibility.ts'

const PARTITIONS = 4
const WORKSPACES = 100

/** Kafka → rated → posted, as transfer rows a second; then, at half of that load, how long until an event is seen. */
export async function benchPipeline(events: number, log: (text: string) => void): Promise<BenchResult> {
  const system = await startDistributedSystem({
    replicas: { auth: 1, ingestion: 1, rating: 1, ledger: 1, analytics: 1 },
    partitions: PARTITIONS,
    log,
  })
  try {
    const workspaces = workspaceIds(WORKSPACES)
    await announceWorkspaces(system, workspaces)
    const sequences = Array.from({ length: PARTITIONS }, () => 0)
    const services = [...system.of('rating'), ...system.of('ledger')]
    const measure = (run: string, count: number) =>
      measureConsumption({
        services,
        databaseUrl: system.databaseUrl,
        fill: () => fillRecorded(system, { run, from: 0, to: count, workspaces, sequences }),
        count: 'select coalesce(sum(events), 0)::text as n from ledger.postings',
        events: count,
        timeoutMs: 300_000,
        pids: processesOf(system),
      })
    log('warming up')
    // Analytics rests while the rate of the money path is taken; it is measured with everything else for latency.
    for (const service of system.of('analytics')) service.signal('SIGSTOP')
    await measure('warm', Math.min(events, 30_000))
    log(`${events} events: Kafka → rated → posted`)
    const { rate, seconds, rssMb, cpuUs } = await measure('main', events)
    const limit = await measureCopyLimit(system.databaseUrl)
    for (const service of system.of('analytics')) service.signal('SIGCONT')
    await untilStored(system)
    log('event → visible in ledger and analytics')
    const { p50, p99, load } = await measureVisibility(system, {
      run: 'visible',
      eventsPerSecond: Math.floor(rate / 4),
      seconds: 20,
      log,
    })
    return {
      name: 'pipeline',
      unit: 'transfer rows',
      rate: Math.round(rate * 2),
      limit: Math.round(limit),
      ratio: ratioOf(rate * 2, limit),
      p50_ms: p50,
      p99_ms: p99,
      rss_mb: rssMb,
      cpu_us_per_event: cpuUs,
      events_per_second: Math.round(rate),
      events,
      seconds: Math.round(seconds * 10) / 10,
      latency_load_events_per_second: load,
    }
  } finally {
    await system.stop()
  }
}

/** Analytics rested while the rate was taken: what it has to catch up with would be counted as latency. */
async function untilStored(system: DistributedSystem): Promise<void> {
  for (let attempt = 0; attempt < 240; attempt += 1) {
    const response = await fetch(`${system.of('ledger')[0]!.url}/api/v1/reconciliation`, {
      headers: { authorization: `Bearer ${system.operatorKey}` },
    })
    const body = (await response.json()) as { pending?: number }
    if (response.status === 200 && body.pending === 0) return
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  throw new Error('analytics does not catch up')
}

export function fillRecorded(
  system: DistributedSystem,
  part: {
    run: string
    from: number
    to: number
    workspaces: readonly string[]
    sequences: number[]
    partitions?: number
  },
): Promise<void> {
  const received = new Date().toISOString()
  return fillTopic({
    brokers: system.stack.engine('kafka').url.split(','),
    topic: 'portitor.usage.recorded.v1',
    partitions: part.partitions ?? PARTITIONS,
    workspaces: part.workspaces,
    from: part.from,
    to: part.to,
    sequences: part.sequences,
    encode: (rows) =>
      JSON.stringify(
        rows.map(({ row, workspace }) => ({ ...usageEvent(part.run, row, workspace), portitorreceived: received })),
      ),
    headers: () => ({ 'content-type': 'application/cloudevents-batch+json' }),
  })
}
