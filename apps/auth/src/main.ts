import { busMigrations, openBus } from '@portitor/bus'
import { authEndpoints } from '@portitor/contracts'
import { Database, migrate } from '@portitor/postgres'
import { bootService, createLog, runMain } from '@portitor/service'
import { identitySettings, readAuthConfig } from './config.ts'
import { AuthModule, authMigrations } from './index.ts'

runMain(async () => {
  const config = readAuthConfig()
  const log = createLog({ name: 'auth', level: config.LOG_LEVEL })
  await migrate(config.DATABASE_URL, 'bus', busMigrations)
  await migrate(config.DATABASE_URL, 'auth', authMigrations)
  const database = new Database({
    url: config.DATABASE_URL,
    connectionsMax: config.DATABASE_CONNECTIONS_MAX,
    applicationName: 'auth',
  })
  const bus = await openBus(database, {
    brokers: config.KAFKA_BROKERS,
    service: 'auth',
    partitions: config.PORTITOR_PARTITIONS,
    log: (text) => log.error({}, text),
  })
  const service = await bootService({
    name: 'auth',
    module: AuthModule.with({ database, bus, ...identitySettings(config) }),
    endpoints: authEndpoints,
    bus,
    port: config.PORT,
    host: config.HOST,
    operatorKey: config.PORTITOR_OPERATOR_KEY,
    log,
  })
  log.info({ url: service.url }, 'auth is up')
  return {
    close: async () => {
      await service.close()
      await bus.close()
      await database.close()
    },
  }
})
