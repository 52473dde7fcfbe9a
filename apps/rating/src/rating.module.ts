import { type DynamicModule, Module } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import { Database } from '@portitor/postgres'
import { CatalogModule } from './catalog/catalog.module.ts'
import type { CatalogSettings } from './config.ts'
import { AnalyticsClient } from './backtests/analytics.client.ts'
import { BacktestJob } from './backtests/backtest.job.ts'
import { BacktestsController } from './backtests/backtests.controller.ts'
import { VersionsUnderTest } from './backtests/versions-under-test.ts'
import { EstimateController } from './answers/estimate.controller.ts'
import { EventStatusController } from './answers/event-status.controller.ts'
import { ExplainController } from './answers/explain.controller.ts'
import { DisputesController } from './corrections/disputes.controller.ts'
import { RerateJob } from './corrections/rerate.job.ts'
import { ReratingsController } from './corrections/reratings.controller.ts'
import { Restater } from './corrections/restater.ts'
import { BillController } from './periods/bill.controller.ts'
import { PeriodsController } from './periods/periods.controller.ts'
import { StoreSubscriptionsConsumer } from './subscriptions/store-subscriptions.consumer.ts'
import { SubscribedBooks } from './subscriptions/subscribed-books.ts'
import { RateUsageConsumer } from './rater/rate-usage.consumer.ts'
import { RejectedController } from './rejections/rejected.controller.ts'
import { StoreRejectionsConsumer } from './rejections/store-rejections.consumer.ts'
import { TotalsController } from './answers/totals.controller.ts'

@Module({})
export class RatingModule {
  static with(resources: { database: Database; bus: Bus } & CatalogSettings): DynamicModule {
    return {
      module: RatingModule,
      imports: [CatalogModule.with(resources)],
      controllers: [
        BillController,
        BacktestsController,
        DisputesController,
        PeriodsController,
        ReratingsController,
        EstimateController,
        EventStatusController,
        ExplainController,
        RejectedController,
        TotalsController,
      ],
      providers: [
        { provide: Database, useValue: resources.database },
        { provide: Bus, useValue: resources.bus },
        AnalyticsClient,
        BacktestJob,
        VersionsUnderTest,
        RateUsageConsumer,
        RerateJob,
        Restater,
        StoreSubscriptionsConsumer,
        SubscribedBooks,
        StoreRejectionsConsumer,
      ],
    }
  }
}
