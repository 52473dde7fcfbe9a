import type { Database } from '@portitor/postgres'
import { Signal, sleep } from './signal.ts'

const RECONNECT_DELAY_MS = 1_000

/**
 * Wakes `signal` whenever a transaction that appended to the log commits, in any process. A lost connection is opened
 * again; until then readers go by their poll interval, so notifications only save time.
 */
export async function listenForAppends(database: Database, signal: Signal): Promise<{ close(): Promise<void> }> {
  let closed = false
  let client = await connect()

  async function connect() {
    const opened = await database.dedicated()
    opened.on('notification', () => signal.wake())
    opened.on('error', () => undefined)
    opened.on('end', () => void reconnect())
    await opened.query('listen portitor_log')
    return opened
  }

  async function reconnect(): Promise<void> {
    while (!closed) {
      await sleep(RECONNECT_DELAY_MS)
      if (closed) return
      try {
        client = await connect()
        signal.wake()
        return
      } catch {
        // The server is away; the next round tries again.
      }
    }
  }

  return {
    async close() {
      closed = true
      await client.end().catch(() => undefined)
    },
  }
}
