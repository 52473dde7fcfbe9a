import type { Database } from '@portitor/postgres'
import type { ConsumeOptions, Subscription } from '../bus.ts'
import { readLog } from '../log-tables.ts'
import { retryDelayMs } from '../retry-delay.ts'
import { type Signal, sleep } from '../signal.ts'

const POLL_INTERVAL_MS = 250
const FETCH = { recordsMax: 1_000, bytesMax: 4 * 1024 * 1024 }

interface PartitionState {
  next: bigint | undefined
  busy: Promise<void> | undefined
  halted: boolean
  failures: number
}

/** Reads the partitions of a topic from the log tables, each in order, at most `partitionsAtOnceMax` at a time. */
export function consumeLog(
  database: Database,
  log: string,
  signal: Signal,
  partitions: number,
  options: ConsumeOptions,
): Subscription {
  let closed = false
  const topic = options.topic.name
  const states = Array.from({ length: partitions }, (): PartitionState => ({
    next: undefined,
    busy: undefined,
    halted: false,
    failures: 0,
  }))
  const running = dispatch()

  async function dispatch(): Promise<void> {
    let turn = 0
    while (!closed) {
      const seen = signal.version
      const heads = await readHeads().catch(() => undefined)
      // Partitions take turns, so a busy one cannot starve the rest.
      for (let step = 0; heads !== undefined && step < partitions; step += 1) {
        const partition = (turn + step) % partitions
        const state = states[partition]!
        const atOnce = states.filter((other) => other.busy !== undefined).length
        if (closed || atOnce >= options.partitionsAtOnceMax) break
        const head = heads.get(partition) ?? 0n
        if (state.busy !== undefined || state.halted || (state.next !== undefined && state.next >= head)) continue
        state.busy = drain(partition, state, head).finally(() => {
          state.busy = undefined
          signal.wake()
        })
      }
      turn = (turn + 1) % partitions
      await signal.waitAfter(seen, POLL_INTERVAL_MS)
    }
    await Promise.all(states.flatMap((state) => state.busy ?? []))
  }

  async function drain(partition: number, state: PartitionState, head: bigint): Promise<void> {
    try {
      state.next ??= (await options.position(partition)) ?? (await oldest(partition))
      while (!closed && state.next < head) {
        const records = await readLog(database, { log, topic, partition, from: state.next }, FETCH)
        if (records.length === 0) return
        const last = records.at(-1)!.offset
        // Offsets are gapless here: a first record beyond the one asked for means that unread records were removed.
        const asked: bigint = state.next
        const next =
          records[0]!.offset > asked
            ? 'halt'
            : await options.handle({ partition, askedOffset: asked, lastOffset: last, records })
        if (next === 'halt') {
          state.halted = true
          options.halted(partition, `records from offset ${asked} on cannot be read in order`)
          return
        }
        state.next = next
        state.failures = 0
      }
    } catch (error) {
      state.next = undefined
      state.failures += 1
      options.failed(partition, error as Error)
      await sleep(retryDelayMs(state.failures))
    }
  }

  async function readHeads(): Promise<Map<number, bigint>> {
    const { rows } = await database.query<{ partition: number; next_offset: bigint }>(
      'select partition, next_offset from bus.heads where log = $1 and topic = $2',
      [log, topic],
    )
    return new Map(rows.map((row) => [row.partition, row.next_offset]))
  }

  async function oldest(partition: number): Promise<bigint> {
    const { rows } = await database.query<{ low: bigint | null }>(
      'select min(record_offset) as low from bus.records where log = $1 and topic = $2 and partition = $3',
      [log, topic, partition],
    )
    return rows[0]?.low ?? 0n
  }

  return {
    async close() {
      closed = true
      signal.wake()
      await running
    },
  }
}
