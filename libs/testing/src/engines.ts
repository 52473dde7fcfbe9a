import { randomBytes } from 'node:crypto'
import pg from 'pg'

/** The real engines a spec can ask for; `npm test` starts them and says where they are. */
const variables = {
  postgres: 'PORTITOR_TEST_POSTGRES_URL',
  kafka: 'PORTITOR_TEST_KAFKA_BROKERS',
  redis: 'PORTITOR_TEST_REDIS_URL',
  clickhouse: 'PORTITOR_TEST_CLICKHOUSE_URL',
} as const
export type Engine = keyof typeof variables

/** Address of a started engine. Throws where it is absent: a spec asks for it inside `describeWith`. */
export function engineUrl(engine: Engine): string {
  const url = process.env[variables[engine]]
  if (url === undefined)
    throw new Error(`${engine} is not running: start it with npm test, or set ${variables[engine]}`)
  return url
}

/** `describe`, for specs that need real engines. Where one is absent the specs are listed by name as not run. */
export function describeWith(engines: readonly Engine[], name: string, body: () => void): void {
  const absent = engines.filter((engine) => process.env[variables[engine]] === undefined)
  if (absent.length === 0) describe(name, body)
  else describe.skip(`${name} [not run: no ${absent.join(', ')}]`, body)
}

/** A database of its own on the test server. `drop` ends its connections and removes it. */
export async function freshDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const server = engineUrl('postgres')
  const name = `test_${randomBytes(6).toString('hex')}`
  await administer(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.toString(), drop: () => administer(server, `drop database if exists ${name} with (force)`) }
}

/** A connection as the role that owns the tables, for what even the owner may not do. The caller ends it. */
export async function connectAsOwner(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}

async function administer(url: string, statement: string): Promise<void> {
  const client = await connectAsOwner(url)
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
