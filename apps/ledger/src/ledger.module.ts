import { type DynamicModule, Module } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import { Database } from '@portitor/postgres'
import { AccountsController } from './accounts.controller.ts'
import { LedgerController } from './ledger.controller.ts'
import { PostRatedConsumer } from './post-rated.consumer.ts'
import { ReconciliationController } from './reconciliation.controller.ts'
import { RECONCILIATION_INTERVAL_MS, ReconciliationJob } from './reconciliation.job.ts'

const QUARTER_OF_AN_HOUR_MS = 900_000

@Module({})
export class LedgerModule {
  /** The service over resources that somebody else opens and closes. */
  static with(resources: {
    readonly database: Database
    readonly bus: Bus
    /** How often everything is reconciled by itself; every quarter of an hour unless said. */
    readonly reconciliationIntervalMs?: number
  }): DynamicModule {
    return {
      module: LedgerModule,
      controllers: [LedgerController, AccountsController, ReconciliationController],
      providers: [
        { provide: Database, useValue: resources.database },
        { provide: Bus, useValue: resources.bus },
        { provide: RECONCILIATION_INTERVAL_MS, useValue: resources.reconciliationIntervalMs ?? QUARTER_OF_AN_HOUR_MS },
        PostRatedConsumer,
        ReconciliationJob,
      ],
    }
  }
}
