import { type DynamicModule, Module } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import { Database } from '@portitor/postgres'
import { CatalogModule } from './catalog.module.ts'
import type { CatalogSettings } from './config.ts'
import { EstimateController } from './estimate.controller.ts'
import { EventStatusController } from './event-status.controller.ts'
import { ExplainController } from './explain.controller.ts'
import { RateUsageConsumer } from './rate-usage.consumer.ts'
import { RejectedController } from './rejected.controller.ts'
import { StoreRejectionsConsumer } from './store-rejections.consumer.ts'
import { TotalsController } from './totals.controller.ts'

@Module({})
export class RatingModule {
  static with(resources: { database: Database; bus: Bus } & CatalogSettings): DynamicModule {
    return {
      module: RatingModule,
      imports: [CatalogModule.with(resources)],
      controllers: [EstimateController, EventStatusController, ExplainController, RejectedController, TotalsController],
      providers: [
        { provide: Database, useValue: resources.database },
        { provide: Bus, useValue: resources.bus },
        RateUsageConsumer,
        StoreRejectionsConsumer,
      ],
    }
  }
}
