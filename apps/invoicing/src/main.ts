import { busMigrations, openBus } from '@portitor/bus'
import { subscriptionEndpoints } from '@portitor/contracts'
import { Database, migrate } from '@portitor/postgres'
import { bootService, createLog, peerUrls, runMain } from '@portitor/service'
import { readInvoicingConfig } from './config.ts'
import { InvoicingModule, invoicingMigrations } from './index.ts'

runMain(async () => {
  const config = readInvoicingConfig()
  const log = createLog({ name: 'invoicing', level: config.LOG_LEVEL })
  await migrate(config.DATABASE_URL, 'bus', busMigrations)
  await migrate(config.DATABASE_URL, 'invoicing', invoicingMigrations)
  const database = new Database({
    url: config.DATABASE_URL,
    connectionsMax: config.DATABASE_CONNECTIONS_MAX,
    applicationName: 'invoicing',
  })
  const bus = await openBus(database, {
    brokers: config.KAFKA_BROKERS,
    service: 'invoicing',
    partitions: config.PORTITOR_PARTITIONS,
    log: (text) => log.error({}, text),
  })
  const service = await bootService({
    name: 'invoicing',
    module: InvoicingModule.with({
      database,
      bus,
      leadMs: config.PORTITOR_SUBSCRIPTION_LEAD_MS,
    }),
    endpoints: subscriptionEndpoints,
    bus,
    peers: peerUrls(config),
    port: config.PORT,
    host: config.HOST,
    operatorKey: config.PORTITOR_OPERATOR_KEY,
    log,
  })
  log.info({ url: service.url }, 'invoicing is up')
  return {
    close: async () => {
      await service.close()
      await bus.close()
      await database.close()
    },
  }
})
