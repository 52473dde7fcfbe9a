import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { createChdbConnection } from 'chdb/connection'
import { toStatement } from './clickhouse-statement.ts'

/**
 * `node clickhouse-bridge.ts DATA_DIRECTORY PORT`: the ClickHouse engine of this process behind ClickHouse's HTTP
 * interface, as far as its clients use it. Each request has a connection of its own, as on the server: on a shared one
 * the settings of a request (a deduplication token!) would stay in force for the next.
 */
const bodyBytesMax = 256 * 2 ** 20
const [path = '', port = ''] = process.argv.slice(2)
const keptOpen = createChdbConnection({ path })

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined))
})
server.listen(Number(port), '127.0.0.1')
process.once('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
  void keptOpen.close().then(() => process.exit(0))
})

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const body = await readBody(request)
  if (body === undefined)
    return end(response, 413, `Code: 1. DB::Exception: body over ${bodyBytesMax} bytes (UNSUPPORTED_METHOD)`)
  if (url.pathname === '/ping') return end(response, 200, 'Ok.\n')
  const { sql, format } = toStatement(url.searchParams, body.toString('utf8'))
  const connection = createChdbConnection({ path })
  try {
    const result = await connection.chdb.queryAsync(sql, { format })
    response.setHeader('x-clickhouse-format', format)
    end(response, 200, result.bytes())
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    response.setHeader('x-clickhouse-exception-code', /Code: (\d+)/.exec(message)?.[1] ?? '1001')
    end(response, 500, `${message}\n`)
  } finally {
    await connection.close()
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes <= bodyBytesMax) chunks.push(chunk)
  }
  if (bytes > bodyBytesMax) return undefined
  const body = Buffer.concat(chunks)
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
}

function end(response: ServerResponse, status: number, body: string | Uint8Array): void {
  response.statusCode = status
  response.end(body)
}
