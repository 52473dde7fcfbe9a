import { join } from 'node:path'
import { busMigrations, openBus } from '@portitor/bus'
import { migrateTables, openClickHouse } from '@portitor/clickhouse'
import { analyticsEndpoints } from '@portitor/contracts'
import { Database, migrate } from '@portitor/postgres'
import { bootService, createLog, peerUrls, runMain } from '@portitor/service'
import { AnalyticsModule } from './analytics.module.ts'
import { readAnalyticsConfig } from './config.ts'
import { analyticsMigrations, analyticsTables } from './index.ts'

runMain(async () => {
  const config = readAnalyticsConfig()
  const log = createLog({ name: 'analytics', level: config.LOG_LEVEL })
  const clickhouse = await openClickHouse(
    config.CLICKHOUSE_URL === undefined
      ? { dataDir: join(config.PORTITOR_DATA_DIR, 'clickhouse') }
      : { url: config.CLICKHOUSE_URL },
  )
  await migrate(config.DATABASE_URL, 'bus', busMigrations)
  await migrate(config.DATABASE_URL, 'analytics', analyticsMigrations)
  await migrateTables(clickhouse, analyticsTables)
  const database = new Database({
    url: config.DATABASE_URL,
    connectionsMax: config.DATABASE_CONNECTIONS_MAX,
    applicationName: 'analytics',
  })
  const bus = await openBus(database, {
    brokers: config.KAFKA_BROKERS,
    service: 'analytics',
    partitions: config.PORTITOR_PARTITIONS,
    log: (text) => log.error({}, text),
  })
  const service = await bootService({
    name: 'analytics',
    module: AnalyticsModule.with({ database, bus, clickhouse }),
    endpoints: analyticsEndpoints,
    bus,
    peers: peerUrls(config),
    port: config.PORT,
    host: config.HOST,
    operatorKey: config.PORTITOR_OPERATOR_KEY,
    log,
  })
  log.info({ url: service.url }, 'analytics is up')
  return {
    close: async () => {
      await service.close()
      await bus.close()
      await database.close()
      await clickhouse.close()
    },
  }
})
