import type { ClickHouseClient } from '@clickhouse/client'
import { ClickHouse, type InsertOptions, type QueryOptions } from './clickhouse.ts'
import { asRefusal, identifier, toJsonLines, toQuery } from './statement.ts'

type InsertLines = (table: string, lines: Uint8Array, options?: InsertOptions) => Promise<void>

/** What `@clickhouse/client` does alike over HTTP and on the embedded engine; how lines are sent is the adapter's. */
export class ClickHouseOverClient extends ClickHouse {
  constructor(
    readonly client: ClickHouseClient,
    readonly exclusive: boolean,
    readonly insertLines: InsertLines,
  ) {
    super()
  }

  async insert(table: string, rows: Uint8Array | readonly object[], options?: InsertOptions): Promise<void> {
    const lines = rows instanceof Uint8Array ? rows : toJsonLines(rows)
    if (lines.length > 0) await refusing(this.insertLines(identifier(table), lines, options))
  }

  async query<Row extends object>(
    sql: string,
    parameters: Readonly<Record<string, unknown>> = {},
    options?: QueryOptions,
  ): Promise<Row[]> {
    const query = toQuery(sql, options)
    const result = await refusing(this.client.query({ query, query_params: { ...parameters }, format: 'JSONEachRow' }))
    return refusing(result.json<Row>())
  }

  async command(sql: string, parameters: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await refusing(this.client.command({ query: sql, query_params: { ...parameters } }))
  }

  async close(): Promise<void> {
    await this.client.close()
  }
}

async function refusing<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } catch (error) {
    throw asRefusal(error)
  }
}
