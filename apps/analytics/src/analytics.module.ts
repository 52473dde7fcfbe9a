import { type DynamicModule, Module } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import { ClickHouse } from '@portitor/clickhouse'
import { Database } from '@portitor/postgres'
import { BlocksStore } from './blocks.store.ts'
import { ExportController } from './export.controller.ts'
import { ExportStore } from './export.store.ts'
import { MetersCache } from './meters.cache.ts'
import { RatedUsagesStore } from './rated-usages.store.ts'
import { StoreRatedConsumer } from './store-rated.consumer.ts'
import { TotalsController } from './totals.controller.ts'
import { TotalsStore } from './totals.store.ts'
import { UsageController } from './usage.controller.ts'
import { UsageStore } from './usage.store.ts'

export interface AnalyticsResources {
  readonly database: Database
  readonly bus: Bus
  readonly clickhouse: ClickHouse
}

/** The service over resources that somebody else opens, migrates and closes. */
@Module({})
export class AnalyticsModule {
  static with({ database, bus, clickhouse }: AnalyticsResources): DynamicModule {
    return {
      module: AnalyticsModule,
      controllers: [UsageController, TotalsController, ExportController],
      providers: [
        { provide: Database, useValue: database },
        { provide: Bus, useValue: bus },
        { provide: ClickHouse, useValue: clickhouse },
        BlocksStore,
        ExportStore,
        MetersCache,
        RatedUsagesStore,
        StoreRatedConsumer,
        TotalsStore,
        UsageStore,
      ],
    }
  }
}
