import { startDistributedSystem } from '@portitor/stack'
import { measureConsumption } from './consumption.ts'
import { workspaceIds } from './events.ts'
import { fillRecorded } from './pipeline.bench.ts'

const PARTITIONS = 4
const WORKSPACES = [1, 100, 10_000]
const STEPS = 10

export interface GrowthResult {
  readonly name: 'growth'
  readonly points: readonly { events: number; workspaces: number; us_per_event: number }[]
}

/** The cost of an event through the pipeline (Kafka → rated → posted), step by step as the tables fill, for few and many workspaces. Each point stands for the events since the point before. */
export async function benchGrowth(events: number, log: (text: string) => void): Promise<GrowthResult> {
  const points: { events: number; workspaces: number; us_per_event: number }[] = []
  for (const workspaces of WORKSPACES) {
    const system = await startDistributedSystem({ replicas: { rating: 1, ledger: 1 }, partitions: PARTITIONS, log })
    try {
      const ids = workspaceIds(workspaces)
      const sequences = Array.from({ length: PARTITIONS }, () => 0)
      const step = Math.ceil(events / STEPS)
      const run = (name: string, from: number, to: number) =>
        measureConsumption({
          services: [...system.of('rating'), ...system.of('ledger')],
          databaseUrl: system.databaseUrl,
          fill: () => fillRecorded(system, { run: name, from, to, workspaces: ids, sequences }),
          count: 'select coalesce(sum(events), 0)::text as n from ledger.postings',
          events: to - from,
          timeoutMs: 600_000,
        })
      await run('warm', 0, Math.min(20_000, step))
      for (let from = 0; from < events; from += step) {
        const to = Math.min(events, from + step)
        const { rate } = await run('main', from, to)
        points.push({ events: to, workspaces, us_per_event: Math.round((1e6 / rate) * 10) / 10 })
        log(`${workspaces} workspaces, ${to} events: ${points.at(-1)!.us_per_event} µs an event`)
      }
    } finally {
      await system.stop()
    }
  }
  return { name: 'growth', points }
}
