import { readFileSync } from 'node:fs'
import type { DistributedSystem, ServiceProcess } from '@portitor/stack'
import pg from 'pg'
import { processorSeconds } from './processor-time.ts'

const POLL_MS = 25

export interface Consumption {
  /** Events handled a second, from the moment the services were let go until the last was committed. */
  readonly rate: number
  readonly seconds: number
  readonly rssMb: number
  /** Microseconds of processor time an event, per process. */
  readonly cpuUs: Readonly<Record<string, number>>
}

/** Freezes the services, has the log filled, lets them go and waits until `count` says that everything is committed. */
export async function measureConsumption(options: {
  services: readonly ServiceProcess[]
  databaseUrl: string
  fill(): Promise<void>
  /** SQL that counts the events handled so far, as `n`. */
  count: string
  events: number
  timeoutMs: number
  /** Whose processor time is taken, by name. */
  pids?: Readonly<Record<string, number>>
}): Promise<Consumption> {
  const client = new pg.Client({ connectionString: options.databaseUrl })
  await client.connect()
  const counted = async () => Number((await client.query<{ n: string }>(options.count)).rows[0]!.n)
  try {
    const before = await counted()
    for (const service of options.services) service.signal('SIGSTOP')
    try {
      await options.fill()
    } finally {
      for (const service of options.services) service.signal('SIGCONT')
    }
    const cpuBefore = Object.entries(options.pids ?? {}).map(
      ([name, pid]) => [name, pid, processorSeconds(pid)] as const,
    )
    const begun = performance.now()
    while ((await counted()) - before < options.events) {
      if (performance.now() - begun > options.timeoutMs) {
        throw new Error(`only ${(await counted()) - before} of ${options.events} events after ${options.timeoutMs} ms`)
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
    const seconds = (performance.now() - begun) / 1_000
    const rssMb = options.services.reduce((sum, service) => sum + peakMemoryMb(service.pid), 0)
    const cpuUs = Object.fromEntries(
      cpuBefore.map(([name, pid, before]) => [name, round(((processorSeconds(pid) - before) / options.events) * 1e6)]),
    )
    return { rate: options.events / seconds, seconds, rssMb, cpuUs }
  } finally {
    await client.end()
  }
}

/** Peak resident memory of a process in MB; 0 where the system does not tell. */
export function peakMemoryMb(pid: number): number {
  try {
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024)
  } catch {
    return 0
  }
}

/** Percentiles of the time between two commits of one partition, in milliseconds, from the commits' own stamps. */
export async function commitIntervals(databaseUrl: string, sql: string): Promise<{ p50: number; p99: number }> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ p50: number | null; p99: number | null }>(
      `select percentile_cont(0.5) within group (order by ms) as p50, percentile_cont(0.99) within group (order by ms) as p99
       from (${sql}) intervals where ms > 0 and ms < 10000`,
    )
    return { p50: round(rows[0]?.p50 ?? 0), p99: round(rows[0]?.p99 ?? 0) }
  } finally {
    await client.end()
  }
}

const round = (value: number) => Math.round(value * 10) / 10

/** Every process of the system but the caller's, by name: for where the processor time goes. */
export function processesOf(system: DistributedSystem): Record<string, number> {
  return {
    ...Object.fromEntries(system.services.map((service) => [service.app, service.pid])),
    postgres: system.stack.engine('postgres').pid,
    kafka: system.stack.engine('kafka').pid,
  }
}
