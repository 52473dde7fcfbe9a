import { startDistributedSystem } from '@portitor/stack'
import { commitIntervals, measureConsumption, processesOf } from './consumption.ts'
import { measureCopyLimit } from './copy-limit.ts'
import { ratedUsage, workspaceIds } from './events.ts'
import { fillTopic } from './fill-topic.ts'
import { type BenchResult, ratioOf } from './result.ts'

const PARTITIONS = 4
const WORKSPACES = 100

/** usage.rated in Kafka → posted, as transfer rows a second. p50 and p99 are from one commit of a partition to its next. */
export async function benchLedger(events: number, log: (text: string) => void): Promise<BenchResult> {
  const system = await startDistributedSystem({ replicas: { ledger: 1 }, partitions: PARTITIONS, log })
  try {
    const workspaces = workspaceIds(WORKSPACES)
    const sequences = Array.from({ length: PARTITIONS }, () => 0)
    const measure = (run: string, count: number) =>
      measureConsumption({
        services: system.of('ledger'),
        databaseUrl: system.databaseUrl,
        fill: () =>
          fillTopic({
            brokers: system.stack.engine('kafka').url.split(','),
            topic: 'portitor.usage.rated.v1',
            partitions: PARTITIONS,
            workspaces,
            from: 0,
            to: count,
            sequences,
            encode: (rows) => {
              const ratedAt = new Date().toISOString()
              return JSON.stringify({
                events: rows.map(({ row, workspace }) => ratedUsage(run, row, workspace, ratedAt)),
              })
            },
            headers: (_, sequence) => ({ 'portitor-producer': 'rating', 'portitor-sequence': String(sequence) }),
          }),
        count: 'select coalesce(sum(events), 0)::text as n from ledger.postings',
        events: count,
        timeoutMs: 300_000,
        pids: processesOf(system),
      })
    log('warming up')
    await measure('warm', Math.min(events, 30_000))
    log(`${events} events: rated → posted`)
    const { rate, seconds, rssMb, cpuUs } = await measure('main', events)
    const limit = await measureCopyLimit(system.databaseUrl)
    const { p50, p99 } = await commitIntervals(
      system.databaseUrl,
      `select extract(epoch from at - lag(at) over (order by at)) * 1000 as ms
       from (select distinct recorded_at as at from ledger.transfers where event_id like 'main-%') commits`,
    )
    return {
      name: 'ledger',
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
    }
  } finally {
    await system.stop()
  }
}
