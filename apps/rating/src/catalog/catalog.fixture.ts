import type { CatalogSettings } from '../config.ts'

/** The catalogue as the defaults of the environment have it, but for the schedule. */
export const catalogFixture: CatalogSettings = {
  markup: '1.30',
  fourEyes: false,
  importHours: 0,
  webhookSecret: undefined,
}
