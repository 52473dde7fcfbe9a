import { type DynamicModule, Module } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import { Database } from '@portitor/postgres'
import { BOOK_CHANGES, bookChanges } from './book-changes.ts'
import { BooksController } from './books.controller.ts'
import { BooksStore } from './books.store.ts'
import { CatalogCache } from './catalog.cache.ts'
import type { CatalogSettings } from '../config.ts'
import { ImportBooksController } from '../imports/import-books.controller.ts'
import { ImportProviderPricesJob, MARKUP } from '../imports/import-provider-prices.job.ts'
import { ImportYamlController } from '../imports/import-yaml.controller.ts'
import { MetersController } from './meters.controller.ts'
import { MetersStore } from './meters.store.ts'
import { PlanVersionsController } from '../plans/plan-versions.controller.ts'
import { PlansController } from '../plans/plans.controller.ts'
import { PlansStore } from '../plans/plans.store.ts'
import { ImportScheduleJob, PRICE_IMPORT_HOURS } from '../price-updates/import-schedule.job.ts'
import { PRICE_WEBHOOK_SECRET, PriceUpdatesController } from '../price-updates/price-updates.controller.ts'
import { FOUR_EYES } from '../versions/four-eyes.ts'

/** The catalogue: its API, its seeding at start, and the cache that rating reads it through. */
@Module({})
export class CatalogModule {
  static with(resources: { database: Database; bus: Bus } & CatalogSettings): DynamicModule {
    return {
      module: CatalogModule,
      controllers: [
        BooksController,
        ImportBooksController,
        ImportYamlController,
        MetersController,
        PlansController,
        PriceUpdatesController,
        PlanVersionsController,
      ],
      providers: [
        { provide: Database, useValue: resources.database },
        { provide: Bus, useValue: resources.bus },
        { provide: MARKUP, useValue: resources.markup },
        { provide: FOUR_EYES, useValue: resources.fourEyes },
        { provide: PRICE_WEBHOOK_SECRET, useValue: resources.webhookSecret },
        { provide: PRICE_IMPORT_HOURS, useValue: resources.importHours },
        {
          provide: BOOK_CHANGES,
          inject: [Database, Bus, BooksStore, MetersStore, FOUR_EYES],
          useFactory: bookChanges,
        },
        BooksStore,
        MetersStore,
        PlansStore,
        CatalogCache,
        ImportProviderPricesJob,
        ImportScheduleJob,
      ],
      exports: [BooksStore, MetersStore, PlansStore, CatalogCache, ImportProviderPricesJob],
    }
  }
}
