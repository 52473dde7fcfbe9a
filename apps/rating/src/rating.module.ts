import { type DynamicModule, Module } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import { Database } from '@portitor/postgres'
import { CatalogModule } from './catalog.module.ts'
import type { CatalogSettings } from './config.ts'
import { AnalyticsClient } from './backtests/analytics.client.ts'
import { BacktestJob } from './backtests/backtest.job.ts'
import { BacktestsController } from './backtests/backtests.controller.ts'
import { VersionsUnderTest } from './backtests/versions-under-test.ts'
import { EstimateController } from './estimate.controller.ts'
import { EventStatusController } from './event-status.controller.ts'
import { ExplainController } from './explain.controller.ts'
import { DisputesController } from './corrections/disputes.controller.ts'
import { RerateJob } from './corrections/rerate.job.ts'
import { ReratingsController } from './corrections/reratings.controller.ts'
import { Restater } from './corrections/restater.ts'
import { BillController } from './periods/bill.controller.ts'
import { PeriodsController } from './periods/periods.controller.ts'
import { StoreSubscriptionsConsumer } from './subscriptions/store-subscriptions.consumer.ts'
import { SubscribedBooks } from './subscriptions/subscribed-books.ts'
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
