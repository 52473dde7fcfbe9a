import { busMigrations, openBus } from '@portitor/bus'
import { ingestionEndpoints } from '@portitor/contracts'
import { Database, migrate } from '@portitor/postgres'
import { bootService, createLog, peerUrls, runMain } from '@portitor/service'
import { readIngestionConfig } from './config.ts'
import { IngestionModule } from './ingestion.module.ts'

runMain(async () => {
  const config = readIngestionConfig()
  const log = createLog({ name: 'ingestion', level: config.LOG_LEVEL })
  await migrate(config.DATABASE_URL, 'bus', busMigrations)
  const database = new Database({
    url: config.DATABASE_URL,
    connectionsMax: config.DATABASE_CONNECTIONS_MAX,
    applicationName: 'ingestion',
  })
  const bus = await openBus(database, {
    brokers: config.KAFKA_BROKERS,
    service: 'ingestion',
    partitions: config.PORTITOR_PARTITIONS,
    log: (text) => log.error({}, text),
  })
  const service = await bootService({
    name: 'ingestion',
    module: IngestionModule.with({ bus, recentEventsMax: config.INGESTION_RECENT_EVENTS_MAX }),
    endpoints: ingestionEndpoints,
    bus,
    port: config.PORT,
    host: config.HOST,
    operatorKey: config.PORTITOR_OPERATOR_KEY,
    peers: peerUrls(config),
    log,
  })
  log.info({ url: service.url }, 'ingestion is up')
  return {
    close: async () => {
      await service.close()
      await bus.close()
      await database.close()
    },
  }
})
