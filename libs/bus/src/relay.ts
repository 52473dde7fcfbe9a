import type { Database } from '@portitor/postgres'
import type { OutgoingMessage } from './bus.ts'
import { type LogRow, readOutbox, trimOutbox } from './outbox.ts'
import { retryDelayMs } from './retry-delay.ts'
import { type Signal, sleep } from './signal.ts'

const POLL_INTERVAL_MS = 500
const BATCH = { recordsMax: 500, bytesMax: 512 * 1024 }

export interface RelayTarget {
  connect(): Promise<void>
  /** Resolves when the log has acknowledged all of the messages. */
  send(messages: OutgoingMessage[]): Promise<void>
  disconnect(): Promise<void>
  alarm(text: string): void
}

export interface Relay {
  trouble(): string | undefined
  close(): Promise<void>
}

/**
 * Carries a service's outbox to the log in offset order: read, send, trim after the acknowledgement. One relay per
 * service holds the lock; a crash anywhere repeats records under the same sequence, which consumers drop.
 */
export function startRelay(database: Database, service: string, signal: Signal, target: RelayTarget): Relay {
  let closed = false
  let failure: string | undefined
  const running = run()

  async function run(): Promise<void> {
    let failures = 0
    while (!closed) {
      const lock = await database.dedicated().catch(() => undefined)
      // A connection that ends takes its lock with it: the work stops with the connection.
      let held = lock !== undefined
      lock?.on('error', () => (held = false))
      lock?.on('end', () => (held = false))
      try {
        if (lock === undefined) throw new Error('the database is out of reach')
        const { rows } = await lock.query<{ got: boolean }>(
          `select pg_try_advisory_lock(hashtext('portitor relay'), hashtext($1)) as got`,
          [service],
        )
        if (rows[0]!.got) {
          await target.connect()
          while (!closed && held) {
            const seen = signal.version
            const sent = await relayOnce()
            failures = 0
            failure = undefined
            if (sent === 0) await signal.waitAfter(seen, POLL_INTERVAL_MS)
          }
        } else {
          const seen = signal.version
          await signal.waitAfter(seen, POLL_INTERVAL_MS)
        }
      } catch (error) {
        failures += 1
        failure = `the relay of ${service} cannot send: ${(error as Error).message}`
        if (!closed) target.alarm(failure)
        await sleep(retryDelayMs(failures))
      } finally {
        await lock?.end().catch(() => undefined)
      }
    }
  }

  async function relayOnce(): Promise<number> {
    const rows: LogRow[] = await readOutbox(database, service, BATCH)
    if (rows.length === 0) return 0
    await target.send(rows.map((row) => row.message))
    await trimOutbox(database, service, rows)
    return rows.length
  }

  return {
    trouble: () => failure,
    async close() {
      closed = true
      signal.wake()
      await running
      await target.disconnect().catch(() => undefined)
    },
  }
}
