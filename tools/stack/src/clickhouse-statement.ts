/** What the HTTP interface itself understands; the engine would refuse these as unknown settings. */
const httpOnly = new Set([
  'query',
  'query_id',
  'database',
  'default_format',
  'user',
  'password',
  'wait_end_of_query',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'http_response_buffer_size',
  'buffer_size',
  'enable_http_compression',
  'http_zlib_compression_level',
])

/**
 * One HTTP request to ClickHouse as statements for the engine: `database`, then every other parameter as a setting
 * (`param_*` are the query's own parameters, in the text form clients send), then the statement, which is `query`
 * followed by the body.
 */
export function toStatement(parameters: URLSearchParams, body: string): { sql: string; format: string } {
  const database = parameters.get('database')
  const settings = [...parameters].filter(([name]) => !httpOnly.has(name))
  const statement = [parameters.get('query') ?? '', body].filter((part) => part !== '').join('\n')
  const before = [
    ...(database === null ? [] : [`USE ${quoted(database, '`')}`]),
    ...settings.map(([name, value]) => `SET ${settingName(name)} = ${quoted(value, "'")}`),
  ]
  return { sql: [...before, statement].join(';\n'), format: parameters.get('default_format') ?? 'TabSeparated' }
}

function quoted(text: string, quote: string): string {
  return quote + text.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`) + quote
}

/** A name is not quoted, so it must not be able to end the statement. */
function settingName(name: string): string {
  return name.replaceAll(/\W/g, '_')
}
