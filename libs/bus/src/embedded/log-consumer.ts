import type { Database } from '@portitor/postgres'
import type { ConsumeOptions, Subscription } from '../bus.ts'
import { readLog } from '../log-tables.ts'
import { retryDelayMs } from '../retry-delay.ts'
import { type Signal, sleep } from '../signal.ts'

const POLL_INTERVAL_MS = 250
/** A transaction costs the same for one event as for hundreds: what arrives this close together is handled together. */
const GATHER_MS = 10
const FETCH = { recordsMax: 1_000, bytesMax: 512 * 1024 }

interface PartitionState {
  next: bigint | undefined
  busy: Promise<void> | undefined
  halted: boolean
  failures: number
}

/** Where a topic's records lie. */
export interface TopicLog {
  readonly database: Database
  readonly log: string
  readonly signal: Signal
  readonly partitions: number
}

/** Reads the partitions of a topic from the log tables, each in order, at most `partitionsAtOnceMax` at a time. */
export class LogConsumer implements Subscription {
  readonly #log: TopicLog
  readonly #options: ConsumeOptions
  readonly #states: PartitionState[]
  readonly #running: Promise<void>
  #closed = false

  constructor(log: TopicLog, options: ConsumeOptions) {
    this.#log = log
    this.#options = options
    this.#states = Array.from({ length: log.partitions }, () => ({
      next: undefined,
      busy: undefined,
      halted: false,
      failures: 0,
    }))
    this.#running = this.#dispatch()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#log.signal.wake()
    await this.#running
  }

  async #dispatch(): Promise<void> {
    const { signal, partitions } = this.#log
    for (let turn = 0; !this.#closed; turn = (turn + 1) % partitions) {
      const seen = signal.version
      const heads = await this.#readHeads().catch(() => new Map<number, bigint>())
      // Partitions take turns, so a busy one cannot starve the rest.
      for (let step = 0; step < partitions; step += 1) {
        const partition = (turn + step) % partitions
        this.#drainIfBehind(partition, heads.get(partition) ?? 0n)
      }
      await signal.waitAfter(seen, POLL_INTERVAL_MS)
      await sleep(GATHER_MS)
    }
    for (const state of this.#states) await state.busy
  }

  #drainIfBehind(partition: number, head: bigint): void {
    const state = this.#states[partition]!
    const atOnce = this.#states.filter((other) => other.busy !== undefined).length
    if (this.#closed || atOnce >= this.#options.partitionsAtOnceMax) return
    if (state.busy !== undefined || state.halted || (state.next !== undefined && state.next >= head)) return
    state.busy = this.#drain(partition, state, head).finally(() => {
      state.busy = undefined
      this.#log.signal.wake()
    })
  }

  async #drain(partition: number, state: PartitionState, head: bigint): Promise<void> {
    try {
      state.next ??= (await this.#options.position(partition)) ?? (await this.#oldest(partition))
      while (!this.#closed && !state.halted && state.next < head) {
        const next = await this.#step(partition, state.next)
        if (next === undefined) return
        if (next === 'halt') {
          state.halted = true
          this.#options.halted(partition, `records from offset ${state.next} on cannot be read in order`)
        } else state.next = next
        state.failures = 0
      }
    } catch (error) {
      state.next = undefined
      state.failures += 1
      this.#options.failed(partition, error as Error)
      await sleep(retryDelayMs(state.failures))
    }
  }

  /** Reads and handles what comes next; offsets are gapless here, so a first record beyond the one asked for means that unread ones were removed. */
  async #step(partition: number, asked: bigint): Promise<bigint | 'halt' | undefined> {
    const { database, log } = this.#log
    const records = await readLog(database, { log, topic: this.#options.topic.name, partition, from: asked }, FETCH)
    const [first] = records
    if (first === undefined) return undefined
    if (first.offset > asked) return 'halt'
    return this.#options.handle({ partition, askedOffset: asked, lastOffset: records.at(-1)!.offset, records })
  }

  async #readHeads(): Promise<Map<number, bigint>> {
    const { rows } = await this.#log.database.query<{ partition: number; next_offset: bigint }>(
      'select partition, next_offset from bus.heads where log = $1 and topic = $2',
      [this.#log.log, this.#options.topic.name],
    )
    return new Map(rows.map((row) => [row.partition, row.next_offset]))
  }

  async #oldest(partition: number): Promise<bigint> {
    const { rows } = await this.#log.database.query<{ low: bigint | null }>(
      'select min(record_offset) as low from bus.records where log = $1 and topic = $2 and partition = $3',
      [this.#log.log, this.#options.topic.name, partition],
    )
    return rows[0]?.low ?? 0n
  }
}
