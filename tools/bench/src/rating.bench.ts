import { decodeRecord, indexMeters, judgeEvent } from '@portitor/metering'
import { chargesFor, compileBook, type CompiledBook, rateUses, freshCounter } from '@portitor/pricing'
import { type DistributedSystem, startDistributedSystem } from '@portitor/stack'
import { commitIntervals, measureConsumption, processesOf } from './consumption.ts'
import { usageEvent, workspaceIds } from './events.ts'
import { fillRecorded } from './pipeline.bench.ts'
import { type BenchResult, ratioOf } from './result.ts'

const PARTITIONS = 4
const WORKSPACES = 100
const PURE_EVENTS = 100_000

/** Recorded usage in Kafka → rated and published, in events a second; the limit is decode → judge → price alone, on one core. */
export async function benchRating(events: number, log: (text: string) => void): Promise<BenchResult> {
  const system = await startDistributedSystem({ replicas: { rating: 1 }, partitions: PARTITIONS, log })
  try {
    const workspaces = workspaceIds(WORKSPACES)
    const sequences = Array.from({ length: PARTITIONS }, () => 0)
    const measure = (run: string, count: number) =>
      measureConsumption({
        services: system.of('rating'),
        databaseUrl: system.databaseUrl,
        fill: () => fillRecorded(system, { run, from: 0, to: count, workspaces, sequences }),
        count: 'select coalesce(sum(rated), 0)::text as n from rating.recorded_totals',
        events: count,
        timeoutMs: 300_000,
        pids: processesOf(system),
      })
    log('warming up')
    await measure('warm', Math.min(events, 30_000))
    log(`${events} events: recorded → rated`)
    const { rate, seconds, rssMb, cpuUs } = await measure('main', events)
    const { p50, p99 } = await commitIntervals(
      system.databaseUrl,
      `select extract(epoch from at - lag(at) over (partition by partition order by at)) * 1000 as ms
       from (select distinct partition, rated_at as at from rating.rated_batches) commits`,
    )
    log('the pure functions alone')
    const limit = await measurePure(system, workspaces)
    return {
      name: 'rating',
      unit: 'events',
      rate: Math.round(rate),
      limit: Math.round(limit),
      ratio: ratioOf(rate, limit),
      p50_ms: p50,
      p99_ms: p99,
      rss_mb: rssMb,
      cpu_us_per_event: cpuUs,
      events,
      seconds: Math.round(seconds * 10) / 10,
    }
  } finally {
    await system.stop()
  }
}

async function measurePure(system: DistributedSystem, workspaces: readonly string[]): Promise<number> {
  const fetched = async <T>(path: string): Promise<T> => {
    const response = await fetch(`${system.of('rating')[0]!.url}${path}`, {
      headers: { authorization: `Bearer ${system.operatorKey}` },
    })
    return (await response.json()) as T
  }
  const book = async (side: 'price' | 'cost'): Promise<CompiledBook> => {
    const { content } = await fetched<{ content: Parameters<typeof compileBook>[2] }>(
      `/api/v1/pricing/books/${side}/versions/1`,
    )
    return compileBook(side, 1, content)
  }
  const books = [await book('price'), await book('cost')]
  const meters = indexMeters(
    (await fetched<{ data: Parameters<typeof indexMeters>[0] }>('/api/v1/meters?limit=500')).data,
  )
  const values = Array.from({ length: PURE_EVENTS / 500 }, (_, n) =>
    Buffer.from(
      JSON.stringify(
        Array.from({ length: 500 }, (_, m) => usageEvent('pure', n * 500 + m, workspaces[m % workspaces.length]!)),
      ),
    ),
  )
  const once = () => {
    for (const value of values) {
      const decoded = decodeRecord({ headers: { 'content-type': 'application/cloudevents-batch+json' }, value })
      if ('refused' in decoded) throw new Error(decoded.refused.detail)
      for (const raw of decoded.events) {
        const judged = judgeEvent(raw, { meters, nowMs: Date.now(), receivedMs: Date.now() })
        if ('rejected' in judged) throw new Error(judged.rejected.detail)
        const { attributes, quantities } = judged.accepted
        for (const priced of books) {
          const charged = chargesFor(priced, {
            provider: attributes['provider'],
            model: attributes['model'],
            quantities,
            attributes,
          })
          if ('refused' in charged) throw new Error(charged.refused.detail)
          rateUses(priced, charged.uses, () => freshCounter)
        }
      }
    }
  }
  once()
  const begun = performance.now()
  once()
  return PURE_EVENTS / ((performance.now() - begun) / 1_000)
}
