import { busMigrations, openBus } from '@portitor/bus'
import { catalogEndpoints, planEndpoints, ratingEndpoints } from '@portitor/contracts'
import { Database, migrate } from '@portitor/postgres'
import { bootService, createLog, peerUrls, runMain } from '@portitor/service'
import { catalogSettings, readRatingConfig } from './config.ts'
import { RatingModule, ratingMigrations } from './index.ts'

runMain(async () => {
  const config = readRatingConfig()
  const log = createLog({ name: 'rating', level: config.LOG_LEVEL })
  await migrate(config.DATABASE_URL, 'bus', busMigrations)
  await migrate(config.DATABASE_URL, 'rating', ratingMigrations)
  const database = new Database({
    url: config.DATABASE_URL,
    connectionsMax: config.DATABASE_CONNECTIONS_MAX,
    applicationName: 'rating',
  })
  const bus = await openBus(database, {
    brokers: config.KAFKA_BROKERS,
    service: 'rating',
    partitions: config.PORTITOR_PARTITIONS,
    log: (text) => log.error({}, text),
  })
  const service = await bootService({
    name: 'rating',
    module: RatingModule.with({ database, bus, ...catalogSettings(config) }),
    endpoints: [...catalogEndpoints, ...planEndpoints, ...ratingEndpoints],
    bus,
    port: config.PORT,
    host: config.HOST,
    operatorKey: config.PORTITOR_OPERATOR_KEY,
    peers: peerUrls(config),
    log,
  })
  log.info({ url: service.url }, 'rating is up')
  return {
    close: async () => {
      await service.close()
      await bus.close()
      await database.close()
    },
  }
})
