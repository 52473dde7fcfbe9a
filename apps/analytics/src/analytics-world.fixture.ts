import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { busMigrations, EmbeddedBus } from '@portitor/bus'
import { type ClickHouse, migrateTables, openClickHouse } from '@portitor/clickhouse'
import { analyticsEndpoints, usageRatedTopic } from '@portitor/contracts'
import { Database, migrate } from '@portitor/postgres'
import { bootService, createLog, HealthRegistry, type Service } from '@portitor/service'
import { engineUrl, freshDatabase } from '@portitor/testing'
import { AnalyticsModule, analyticsMigrations, analyticsTables } from './index.ts'

export const log = createLog({ name: 'analytics', level: 'silent' })
const operatorKey = 'an operator key for tests only, long enough'

/** Postgres, the log in it, and ClickHouse, each empty and migrated. */
export interface World {
  readonly database: Database
  readonly bus: EmbeddedBus
  readonly clickhouse: ClickHouse
  /** Appends one record of rated usage. */
  send(events: readonly object[], partition: number): Promise<void>
  /** The sums of what is stored, of the raw rows and of each rollup. */
  sums(): Promise<Record<'rows' | 'hourly' | 'daily' | 'records', Sums>>
  end(): Promise<void>
}
interface Sums {
  readonly events: number
  readonly price: bigint
  readonly cost: bigint
}

/** `embedded`: the engine in this process. `server`: a database of its own on the server that the specs were given. */
export async function openWorld(
  engine: 'embedded' | 'server' = 'embedded',
  tables: typeof analyticsTables = analyticsTables,
): Promise<World> {
  const fresh = await freshDatabase()
  await migrate(fresh.url, 'bus', busMigrations)
  await migrate(fresh.url, 'analytics', analyticsMigrations)
  const database = new Database({ url: fresh.url, connectionsMax: 8, applicationName: 'analytics' })
  const bus = new EmbeddedBus(database, { partitions: 3 })
  await bus.start()
  const { clickhouse, remove } = await (engine === 'embedded' ? openEmbedded() : openOnServer())
  await migrateTables(clickhouse, tables)
  return {
    database,
    bus,
    clickhouse,
    send: (events, partition) =>
      bus.append([{ topic: usageRatedTopic, key: null, partition, value: JSON.stringify({ events }) }]),
    sums: () => sumsOf(clickhouse),
    async end() {
      await bus.close()
      await clickhouse.close()
      await database.close()
      await fresh.drop()
      await remove()
    },
  }
}

async function openEmbedded() {
  const dataDir = mkdtempSync(join(tmpdir(), 'portitor-analytics-'))
  const remove = async () => rmSync(dataDir, { recursive: true, force: true })
  return { clickhouse: await openClickHouse({ dataDir }), remove }
}

async function openOnServer() {
  const server = await openClickHouse({ url: engineUrl('clickhouse') })
  const name = `test_${randomBytes(6).toString('hex')}`
  await server.command(`create database ${name}`)
  const url = new URL(engineUrl('clickhouse'))
  url.pathname = `/${name}`
  const remove = async () => {
    await server.command(`drop database ${name}`)
    await server.close()
  }
  return { clickhouse: await openClickHouse({ url: url.toString() }), remove }
}

async function sumsOf(clickhouse: ClickHouse) {
  const sum = async (columns: string, settings: Record<string, number | string>) => {
    const [row] = await clickhouse.query<{ events: string; price: string; cost: string }>(
      `select sum(n) as events, sum(p) as price, sum(c) as cost from (
         select count() as n, sum(toInt128(price_nanos)) as p, sum(toInt128(cost_nanos)) as c from rated_usages group by ${columns}
       )`,
      {},
      { settings },
    )
    return { events: Number(row!.events), price: BigInt(row!.price), cost: BigInt(row!.cost) }
  }
  return {
    rows: await sum('source, id', { optimize_use_projections: 0 }),
    hourly: await sum(`toStartOfHour(time, 'UTC')`, {}),
    daily: await sum(`toStartOfDay(time, 'UTC')`, {}),
    records: await sum('block, sequence', {}),
  }
}

export interface Running extends Service {
  get<Body>(path: string, workspaceId?: string): Promise<{ status: number; body: Body }>
}

export async function bootAnalytics(world: World): Promise<Running> {
  const service = await bootService({
    name: 'analytics',
    module: AnalyticsModule.with(world),
    endpoints: analyticsEndpoints,
    bus: world.bus,
    port: 0,
    host: '127.0.0.1',
    operatorKey,
    log,
  })
  return Object.assign(service, {
    async get<Body>(path: string, workspaceId?: string) {
      const headers = {
        apikey: operatorKey,
        ...(workspaceId === undefined ? {} : { 'x-workspace-id': workspaceId }),
      }
      const response = await fetch(service.url + path, { headers })
      return { status: response.status, body: (await response.json()) as Body }
    },
  })
}

export const newHealth = () => new HealthRegistry(log)
