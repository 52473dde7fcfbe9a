import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'

const CONNECTIONS = 2
const ROWS_PER_COMMIT = 5_000

/**
 * Rows a second of raw COPY of the very rows that were posted, into a table of the same columns whose one index is a
 * uuid v7 key: 5,000 rows a commit over 2 connections. What any way of writing them is held against.
 */
export async function measureCopyLimit(databaseUrl: string): Promise<number> {
  const clients = await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const client = new pg.Client({ connectionString: databaseUrl })
      await client.connect()
      return client
    }),
  )
  try {
    await clients[0]!.query('drop table if exists public.copy_limit')
    await clients[0]!.query('create table public.copy_limit (like ledger.transfers, primary key (id))')
    const chunks = await copyChunks(clients[0]!)
    await clients[0]!.query('checkpoint')
    const begun = performance.now()
    let rows = 0
    await Promise.all(
      clients.map(async (client) => {
        for (let chunk = chunks.pop(); chunk !== undefined; chunk = chunks.pop()) {
          await pipeline(Readable.from([chunk.text]), client.query(copyFrom('copy public.copy_limit from stdin')))
          rows += chunk.rows
        }
      }),
    )
    const seconds = (performance.now() - begun) / 1_000
    await clients[0]!.query('drop table public.copy_limit')
    return rows / seconds
  } finally {
    await Promise.all(clients.map((client) => client.end()))
  }
}

const SAMPLE_ROWS_MAX = 400_000

/** The posted rows as COPY text, with a key in the order of their arrival. */
async function copyChunks(client: pg.Client): Promise<{ text: Buffer; rows: number }[]> {
  const chunks: { text: Buffer; rows: number }[] = []
  const columns = await client.query<{ name: string }>(
    `select column_name as name from information_schema.columns where table_schema = 'ledger' and table_name = 'transfers' order by ordinal_position`,
  )
  const cells = columns.rows
    .map(({ name }) => (name === 'id' ? `'$ID$'` : `coalesce(replace(${name}::text, '\\', '\\\\'), '\\N')`))
    .join(` || E'\\t' || `)
  await client.query('begin')
  await client.query(
    `declare sampled no scroll cursor for select ${cells} as line from ledger.transfers limit ${SAMPLE_ROWS_MAX}`,
  )
  let number = 0
  for (;;) {
    const { rows } = await client.query<{ line: string }>(`fetch ${ROWS_PER_COMMIT} from sampled`)
    if (rows.length === 0) break
    const lines = rows.map(({ line }) => line.replace('$ID$', timeOrderedId((number += 1))))
    chunks.push({ text: Buffer.from(`${lines.join('\n')}\n`), rows: rows.length })
  }
  await client.query('commit')
  return chunks.reverse()
}

function timeOrderedId(number: number): string {
  const hex = (1_770_000_000_000 + number).toString(16).padStart(12, '0')
  const tail = Math.floor(Math.random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${tail}`
}
