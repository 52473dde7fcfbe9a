import { catalogMigrations } from './migrations/0001-catalog.ts'
import { ratedMigration, rejectionsMigration } from './migrations/0002-rating.ts'

export { markupSchema } from './import-provider-prices.job.ts'
export { RatingModule } from './rating.module.ts'
export const ratingMigrations = [...catalogMigrations, ratedMigration, rejectionsMigration]
