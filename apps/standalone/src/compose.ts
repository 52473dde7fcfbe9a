import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Module } from '@nestjs/common'
import { AnalyticsModule, analyticsMigrations, analyticsTables } from '@portitor/analytics'
import { AuthModule, authMigrations, authVariables, identitySettings } from '@portitor/auth'
import { busMigrations, openBus } from '@portitor/bus'
import { type ClickHouse, migrateTables, openClickHouse } from '@portitor/clickhouse'
import {
  analyticsEndpoints,
  authEndpoints,
  catalogEndpoints,
  ingestionEndpoints,
  ledgerEndpoints,
  planEndpoints,
  ratingEndpoints,
  subscriptionEndpoints,
} from '@portitor/contracts'
import { IngestionModule } from '@portitor/ingestion'
import { InvoicingModule, invoicingMigrations } from '@portitor/invoicing'
import { LedgerModule, ledgerMigrations } from '@portitor/ledger'
import { Database, migrate, type MigrationClass } from '@portitor/postgres'
import { catalogSettings, RatingModule, ratingMigrations } from '@portitor/rating'
import { bootService, type Log } from '@portitor/service'
import type { StandaloneConfig } from './config.ts'
import { identitySecrets } from './identity-secrets.ts'

const schemas: readonly (readonly [string, readonly MigrationClass[]])[] = [
  ['bus', busMigrations],
  ['auth', authMigrations],
  ['rating', ratingMigrations],
  ['ledger', ledgerMigrations],
  ['analytics', analyticsMigrations],
  ['invoicing', invoicingMigrations],
]

const endpoints = [
  ...authEndpoints,
  ...ingestionEndpoints,
  ...catalogEndpoints,
  ...planEndpoints,
  ...ratingEndpoints,
  ...ledgerEndpoints,
  ...analyticsEndpoints,
  ...subscriptionEndpoints,
]

@Module({})
class StandaloneModule {}

export interface Portitor {
  readonly url: string
  /** Drains requests and consumers, then closes what they used. */
  close(): Promise<void>
}

/** Caches read their topics from the beginning, so a long log takes a while. */
const readyMsMax = 30_000

/**
 * Every service in this process on one port, over one pool and one log. Resolves when all of it is up and ready; a start that fails
 * half way closes what it had opened.
 */
export async function compose(options: {
  config: StandaloneConfig
  databaseUrl: string
  operatorKey: string
  log: Log
}): Promise<Portitor> {
  const { config, databaseUrl, operatorKey, log } = options
  await using opening = new AsyncDisposableStack()
  // One after the other: each waits for a lock on the roles, and together they take no less.
  for (const [schema, migrations] of schemas) await migrate(databaseUrl, schema, migrations)
  const clickhouse = await openAnalyticsStore(config)
  opening.defer(() => clickhouse.close())
  await migrateTables(clickhouse, analyticsTables)
  const database = new Database({
    url: databaseUrl,
    connectionsMax: config.DATABASE_CONNECTIONS_MAX,
    applicationName: 'portitor',
  })
  opening.defer(() => database.close())
  const bus = await openBus(database, {
    brokers: config.KAFKA_BROKERS,
    service: 'standalone',
    partitions: config.PORTITOR_PARTITIONS,
    log: (text) => log.error({}, text),
  })
  opening.defer(() => bus.close())
  const identity = await identityOf(config)
  const service = await bootService({
    name: 'portitor',
    module: {
      module: StandaloneModule,
      imports: [
        AuthModule.with({ database, bus, ...identity }),
        IngestionModule.with({ bus }),
        RatingModule.with({ database, bus, ...catalogSettings(config) }),
        LedgerModule.with({ database, bus }),
        AnalyticsModule.with({ database, bus, clickhouse }),
        InvoicingModule.with({ database, bus, leadMs: config.PORTITOR_SUBSCRIPTION_LEAD_MS }),
      ],
    },
    endpoints,
    bus,
    port: config.PORT,
    host: config.HOST,
    operatorKey,
    log,
  })
  opening.defer(() => service.close())
  // What stays unready (a partition that stopped, say) can only be looked into while the rest is up.
  await service.ready(readyMsMax).catch((err: unknown) => log.error({ err }, 'up, but not ready'))
  const opened = opening.move()
  return { url: service.url, close: () => opened.disposeAsync() }
}

/** What the environment does not set is in the data directory. */
async function identityOf(config: StandaloneConfig) {
  const { PORTITOR_KEY_PEPPER: pepper, PORTITOR_JWT_KEYS: keys } = config
  const stored =
    pepper === undefined || keys === undefined ? await identitySecrets(config.PORTITOR_DATA_DIR) : undefined
  return identitySettings({
    ...config,
    PORTITOR_KEY_PEPPER: pepper ?? stored!.PORTITOR_KEY_PEPPER,
    PORTITOR_JWT_KEYS: keys ?? authVariables.PORTITOR_JWT_KEYS.parse(stored!.PORTITOR_JWT_KEYS),
  })
}

async function openAnalyticsStore(config: StandaloneConfig): Promise<ClickHouse> {
  if (config.CLICKHOUSE_URL !== undefined) return openClickHouse({ url: config.CLICKHOUSE_URL })
  const dataDir = join(config.PORTITOR_DATA_DIR, 'clickhouse')
  // Others may pass through the data directory (to reach the database), but what lies here is ours alone.
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  return openClickHouse({ dataDir })
}
