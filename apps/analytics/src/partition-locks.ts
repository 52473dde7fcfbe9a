import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '@portitor/postgres'

const POLL_MS = 50
const WAIT_MS_MAX = 10_000

/**
 * Who writes a partition to ClickHouse holds a lock in Postgres meanwhile, on one session of this process: the lock goes
 * with the process, so whoever gets it knows that no living writer is between its border and its position. Without it a
 * worker that takes over would count, remove and insert rows while those of the other one are still arriving.
 */
export class PartitionLocks {
  #session: ReturnType<Database['dedicated']> | undefined

  constructor(private readonly database: Database) {}

  /** Runs `work` while holding the partitions, taken in sorted order. Rejects where another worker holds one for longer than 10 s. */
  async hold<Result>(partitions: readonly number[], work: () => Promise<Result>): Promise<Result> {
    const held: number[] = []
    try {
      for (const partition of partitions.toSorted((a, b) => a - b)) {
        await this.#lock(partition)
        held.push(partition)
      }
      return await work()
    } finally {
      // A session that broke has released everything by itself.
      for (const partition of held) await this.#ask('pg_advisory_unlock', partition).catch(() => false)
    }
  }

  async close(): Promise<void> {
    const session = await this.#session?.catch(() => undefined)
    await session?.end().catch(() => undefined)
  }

  async #lock(partition: number): Promise<void> {
    for (let waitedMs = 0; !(await this.#ask('pg_try_advisory_lock', partition)); waitedMs += POLL_MS) {
      if (waitedMs >= WAIT_MS_MAX) throw new Error('another worker is writing this partition')
      await sleep(POLL_MS)
    }
  }

  async #ask(lock: 'pg_try_advisory_lock' | 'pg_advisory_unlock', partition: number): Promise<boolean> {
    const session = await (this.#session ??= this.#connect())
    const { rows } = await session.query<{ done: boolean }>(
      `select ${lock}(hashtext('portitor analytics'), $1::int) as done`,
      [partition],
    )
    return rows[0]!.done
  }

  async #connect() {
    const forget = () => (this.#session = undefined)
    try {
      const session = await this.database.dedicated()
      session.on('error', forget)
      session.on('end', forget)
      return session
    } catch (error) {
      forget()
      throw error
    }
  }
}
