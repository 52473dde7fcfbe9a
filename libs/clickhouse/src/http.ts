import { Readable } from 'node:stream'
import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import type { ClickHouse } from './clickhouse.ts'
import { ClickHouseOverClient } from './client.ts'
import { toInsert } from './statement.ts'

/** A server at `http(s)://user:password@host:port/database`; it has to exist, database and all. */
export function openHttp(url: string): ClickHouse {
  const client = createClient({
    url,
    application: 'portitor',
    request_timeout: 60_000,
    max_open_connections: 10,
    // What is refused is thrown; the client's own lines would say it a second time, parameters included.
    log: { level: ClickHouseLogLevel.OFF },
  })
  return new ClickHouseOverClient(client, false, async (table, rows, options) => {
    const { stream } = await client.exec({
      query: toInsert(table, options),
      values: Readable.from([rows], { objectMode: false }),
    })
    // The connection goes back to the pool when the (empty) answer is read.
    stream.resume()
  })
}
