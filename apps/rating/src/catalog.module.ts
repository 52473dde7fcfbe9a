import { type DynamicModule, Module } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import { Database } from '@portitor/postgres'
import { BooksController } from './books.controller.ts'
import { BooksStore } from './books.store.ts'
import { CatalogCache } from './catalog.cache.ts'
import { ImportProviderPricesJob, MARKUP } from './import-provider-prices.job.ts'
import { ImportYamlController } from './import-yaml.controller.ts'
import { MetersController } from './meters.controller.ts'
import { MetersStore } from './meters.store.ts'

/** The catalogue: its API, its seeding at start, and the cache that rating reads it through. */
@Module({})
export class CatalogModule {
  static with(resources: { database: Database; bus: Bus; markup: string }): DynamicModule {
    return {
      module: CatalogModule,
      controllers: [BooksController, ImportYamlController, MetersController],
      providers: [
        { provide: Database, useValue: resources.database },
        { provide: Bus, useValue: resources.bus },
        { provide: MARKUP, useValue: resources.markup },
        BooksStore,
        MetersStore,
        CatalogCache,
        ImportProviderPricesJob,
      ],
      exports: [BooksStore, MetersStore, CatalogCache, ImportProviderPricesJob],
    }
  }
}
