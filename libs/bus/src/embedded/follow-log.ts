import type { Topic } from '@portitor/contracts'
import type { Database } from '@portitor/postgres'
import type { Follower, LogRecord } from '../bus.ts'
import { readLog } from '../log-tables.ts'
import { type Signal } from '../signal.ts'

const POLL_INTERVAL_MS = 500
const FETCH = { recordsMax: 1_000, bytesMax: 512 * 1024 }

/** Reads a whole topic from its oldest record on and keeps reading; gaps left by compaction are passed over. */
export function followLog(
  database: Database,
  log: string,
  signal: Signal,
  topic: Topic,
  apply: (record: LogRecord) => void,
): Follower {
  let closed = false
  const next = new Map<number, bigint>()
  let reportCaughtUp: () => void
  const caughtUp = new Promise<void>((resolve) => (reportCaughtUp = resolve))
  const running = run()

  async function run(): Promise<void> {
    while (!closed) {
      const seen = signal.version
      try {
        const { rows } = await database.query<{ partition: number; next_offset: bigint }>(
          'select partition, next_offset from bus.heads where log = $1 and topic = $2',
          [log, topic.name],
        )
        for (const { partition, next_offset: head } of rows) {
          if (!closed && (next.get(partition) ?? 0n) < head) await drain(partition)
        }
        reportCaughtUp()
      } catch {
        // The database is away; the next round reads on from where this one stopped.
      }
      await signal.waitAfter(seen, POLL_INTERVAL_MS)
    }
  }

  async function drain(partition: number): Promise<void> {
    for (;;) {
      const from = next.get(partition) ?? 0n
      const records = await readLog(database, { log, topic: topic.name, partition, from }, FETCH)
      if (records.length === 0) return
      for (const record of records) apply(record)
      next.set(partition, records.at(-1)!.offset + 1n)
    }
  }

  return {
    caughtUp,
    async close() {
      closed = true
      signal.wake()
      await running
    },
  }
}
