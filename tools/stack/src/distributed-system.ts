import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { ServiceProcess } from './service-process.ts'
import { startStack, type Stack } from './stack.ts'

/** The services as separate processes over a real broker and a real database. */
export interface DistributedSystem {
  readonly stack: Stack
  readonly services: readonly ServiceProcess[]
  readonly operatorKey: string
  readonly databaseUrl: string
  of(app: string): readonly ServiceProcess[]
  stop(): Promise<void>
}

export interface DistributedSystemOptions {
  /** How many processes of each app. One process owns the ClickHouse engine, so `analytics` is one at most. */
  readonly replicas: Readonly<Record<string, number>>
  readonly partitions: number
  readonly log: (text: string) => void
}

/** Resolves when every service is ready; the services come from `apps/<app>/dist`, so the project has to be built. */
export async function startDistributedSystem(options: DistributedSystemOptions): Promise<DistributedSystem> {
  const { replicas, partitions, log } = options
  const stack = await startStack({ engines: ['kafka', 'postgres'], log })
  try {
    for (const missing of stack.missing)
      throw new Error(`${missing.name} is needed: ${missing.what}; ${missing.remedy}`)
    const operatorKey = randomBytes(24).toString('hex')
    const databaseUrl = await createDatabase(stack.engine('postgres').url)
    const logDir = join(stack.dir, 'services')
    mkdirSync(logDir, { recursive: true })
    const names = Object.entries(replicas).flatMap(([app, count]) =>
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
      PORTITOR_KEY_PEPPER: randomBytes(24).toString('hex'),
      PORTITOR_JWT_KEYS: signingKeys(),
      PORTITOR_PARTITIONS: String(partitions),
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

/** What `auth` signs tokens with: a key set of one key, as good as the run is long. */
function signingKeys(): string {
  const key = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  return JSON.stringify({ keys: [{ ...key, kid: 'run', alg: 'EdDSA' }] })
}

async function createDatabase(server: string): Promise<string> {
  const client = new pg.Client({ connectionString: server })
  await client.connect()
  await client.query('create database portitor')
  await client.end()
  const url = new URL(server)
  url.pathname = '/portitor'
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
