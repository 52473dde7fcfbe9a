import {
  ClickHouseRefused,
  type InsertOptions,
  type QueryOptions,
  type Settings,
  type SettingValue,
} from './clickhouse.ts'

/** What both engines do with every insert: no server-side queue, so that an answer means stored; views follow the token. */
const insertSettings = {
  async_insert: 0,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  date_time_input_format: 'best_effort',
}

/** Numbers that JavaScript cannot hold come as text; an answer is whole or an error. */
const querySettings = {
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_decimals: 1,
  result_overflow_mode: 'throw',
  timeout_overflow_mode: 'throw',
}

export function settingsOfInsert({ token, settings }: InsertOptions = {}): Settings {
  return { ...insertSettings, ...settings, ...(token === undefined ? {} : { insert_deduplication_token: token }) }
}

/** A SELECT with its bounds. The clause holds for this statement only; SET would stay in force on the embedded connection. */
export function toQuery(sql: string, options: QueryOptions = {}): string {
  const bounds = { max_execution_time: options.secondsMax ?? 10, max_result_rows: options.rowsMax ?? 100_000 }
  return `${sql}\n${settingsClause({ ...querySettings, ...bounds, ...options.settings })}`
}

export function toInsert(table: string, options?: InsertOptions): string {
  return `INSERT INTO ${identifier(table)} ${settingsClause(settingsOfInsert(options))} FORMAT JSONEachRow`
}

function settingsClause(settings: Settings): string {
  return `SETTINGS ${Object.entries(settings)
    .map(([name, value]) => `${identifier(name)} = ${literal(value)}`)
    .join(', ')}`
}

export function identifier(name: string): string {
  if (!/^[A-Za-z_]\w{0,127}$/.test(name)) throw new Error(`${JSON.stringify(name)} is no name of a table or setting`)
  return name
}

function literal(value: SettingValue): string {
  if (typeof value === 'string') return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  return String(Number(value))
}

/** Objects as JSON lines. */
export function toJsonLines(rows: readonly object[]): Buffer {
  const lines = rows.map(
    (row) => `${JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}\n`,
  )
  return Buffer.from(lines.join(''))
}

/** What the engine said, whichever way it came; anything else is handed back as it is. */
export function asRefusal(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { code, type, clickhouseCode } = error as { code?: unknown; type?: unknown; clickhouseCode?: unknown }
  if (typeof type === 'string' && /^\d+$/.test(String(code)))
    return new ClickHouseRefused(Number(code), type, error.message, { cause: error })
  if (typeof clickhouseCode !== 'number') return error
  const name = /\(([A-Z][A-Z0-9_]{2,})\)\s*$/.exec(error.message)?.[1] ?? 'UNKNOWN'
  return new ClickHouseRefused(clickhouseCode, name, error.message, { cause: error })
}
