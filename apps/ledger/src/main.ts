import { busMigrations, openBus } from '@portitor/bus'
import { ledgerEndpoints } from '@portitor/contracts'
import { Database, migrate } from '@portitor/postgres'
import { bootService, createLog, peerUrls, runMain } from '@portitor/service'
import { readLedgerConfig } from './config.ts'
import { LedgerModule, ledgerMigrations } from './index.ts'

runMain(async () => {
  const config = readLedgerConfig()
  const log = createLog({ name: 'ledger', level: config.LOG_LEVEL })
  await migrate(config.DATABASE_URL, 'bus', busMigrations)
  await migrate(config.DATABASE_URL, 'ledger', ledgerMigrations)
  const database = new Database({
    url: config.DATABASE_URL,
    connectionsMax: config.DATABASE_CONNECTIONS_MAX,
    applicationName: 'ledger',
  })
  const bus = await openBus(database, {
    brokers: config.KAFKA_BROKERS,
    service: 'ledger',
    partitions: config.PORTITOR_PARTITIONS,
    log: (text) => log.error({}, text),
  })
  const service = await bootService({
    name: 'ledger',
    module: LedgerModule.with({
      database,
      bus,
      reconciliationIntervalMs: config.LEDGER_RECONCILIATION_MINUTES * 60_000,
    }),
    endpoints: ledgerEndpoints,
    bus,
    peers: peerUrls(config),
    port: config.PORT,
    host: config.HOST,
    operatorKey: config.PORTITOR_OPERATOR_KEY,
    log,
  })
  log.info({ url: service.url }, 'ledger is up')
  return {
    close: async () => {
      await service.close()
      await bus.close()
      await database.close()
    },
  }
})
