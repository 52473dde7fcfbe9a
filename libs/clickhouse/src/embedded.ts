import { mkdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { type ChdbConnection, createChdbConnection } from 'chdb/connection'
import type { ClickHouse } from './clickhouse.ts'
import { ClickHouseOverClient } from './client.ts'
import { asRefusal, settingsOfInsert } from './statement.ts'

const LOCK_RETRY_MS = 250

/**
 * The engine in this process, its data in a directory of its own (created where it is absent). One process owns the
 * directory. The lock goes with the process that held it, even a killed one, but a large process takes a moment to be
 * gone: so opening tries for `lockWaitMsMax` before it gives up.
 */
export async function openEmbedded(dataDir: string, lockWaitMsMax = 5_000): Promise<ClickHouse> {
  mkdirSync(dataDir, { recursive: true })
  const connection = await connect(dataDir, lockWaitMsMax)
  // The two packages bring two copies of the same types, which TypeScript takes for different ones.
  const config = { connection, log: { level: ClickHouseLogLevel.OFF } } as unknown as Parameters<typeof createClient>[0]
  // The client would turn the rows into one string together with the statement; this way their bytes reach the engine as they are.
  return new ClickHouseOverClient(createClient(config), true, async (table, rows, options) => {
    try {
      await connection.chdb.rawInsert({
        table,
        format: 'JSONEachRow',
        values: rows,
        settings: settingsOfInsert(options),
      })
    } catch (error) {
      throw asRefusal(error)
    }
  })
}

async function connect(dataDir: string, lockWaitMsMax: number): Promise<ChdbConnection> {
  for (let waitedMs = 0; ; waitedMs += LOCK_RETRY_MS) {
    try {
      return createChdbConnection({ path: dataDir })
    } catch (error) {
      if (waitedMs >= lockWaitMsMax)
        throw new Error(
          `the ClickHouse engine cannot open ${dataDir}: most likely another process uses it. Stop that one, or name another directory.`,
          { cause: error },
        )
      await sleep(LOCK_RETRY_MS)
    }
  }
}
