import type { CatalogSettings } from './config.ts'

/** The catalogue as the defaults of the environment have it. */
export const catalogFixture: CatalogSettings = { markup: '1.30', fourEyes: false }
