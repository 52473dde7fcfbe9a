import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { startStack, type Stack } from '@portitor/stack'
import pg from 'pg'
import { ServiceProcess } from './service-process.ts'

/** The whole distributed system: real broker, real database, two of each stateless service, one owner of the ClickHouse engine. */
export interface System {
  readonly stack: Stack
  readonly services: readonly ServiceProcess[]
  readonly operatorKey: string
  readonly databaseUrl: string
  of(app: string): readonly ServiceProcess[]
  stop(): Promise<void>
}

const REPLICAS = { auth: 1, ingestion: 2, rating: 2, ledger: 2, analytics: 1 } as const

export async function startSystem(log: (text: string) => void): Promise<System> {
  const stack = await startStack({ engines: ['kafka', 'postgres'], log })
  try {
    for (const missing of stack.missing)
      throw new Error(`${missing.name} is needed: ${missing.what}; ${missing.remedy}`)
    const operatorKey = randomBytes(24).toString('hex')
    const databaseUrl = await createDatabase(stack.engine('postgres').url)
    const logDir = join(stack.dir, 'services')
    mkdirSync(logDir, { recursive: true })
    const names = Object.entries(REPLICAS).flatMap(([app, count]) =>
      Array.from({ length: count }, (_, n) => ({ app, name: `${app}-${n}` })),
    )
    const ports = await freePorts(names.length)
    const urls = Object.fromEntries(
      names.map(({ app }, n) => [`${app.toUpperCase()}_URL`, `http://127.0.0.1:${ports[n]}`]),
    )
    const environment = {
      ...urls,
      DATABASE_URL: databaseUrl,
      KAFKA_BROKERS: stack.engine('kafka').url,
      PORTITOR_OPERATOR_KEY: operatorKey,
      PORTITOR_PARTITIONS: '6',
      PORTITOR_DATA_DIR: join(stack.dir, 'analytics'),
      LOG_LEVEL: 'warn',
    }
    const services = names.map(
      ({ app, name }, n) => new ServiceProcess({ name, app, port: ports[n]!, environment, logDir }),
    )
    for (const service of services) service.start()
    await Promise.all(services.map((service) => service.ready()))
    return {
      stack,
      services,
      operatorKey,
      databaseUrl,
      of: (app) => services.filter((service) => service.app === app),
      async stop() {
        await Promise.all(services.map((service) => service.kill('SIGKILL')))
        await stack.stop()
      },
    }
  } catch (error) {
    await stack.stop()
    throw error
  }
}

async function createDatabase(server: string): Promise<string> {
  const client = new pg.Client({ connectionString: server })
  await client.connect()
  await client.query('create database portitor_chaos')
  await client.end()
  const url = new URL(server)
  url.pathname = '/portitor_chaos'
  return url.toString()
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
