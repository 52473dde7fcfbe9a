import { catalogMigrations } from './migrations/0001-catalog.ts'
import { ratedMigration, rejectionsMigration } from './migrations/0002-rating.ts'
import { plansMigration } from './migrations/0004-plans-and-publishing.ts'
import { periodsMigration } from './migrations/0005-periods.ts'
import { correctionsMigration } from './migrations/0006-corrections.ts'
import { billMigration } from './migrations/0007-bill.ts'
import { backtestsMigration } from './migrations/0008-backtests.ts'
import { adjustmentsMigration } from './migrations/0009-adjustments.ts'
import { explanationTimesMigration } from './migrations/0010-explanation-times.ts'

export { catalogSettings, catalogVariables } from './config.ts'
export { RatingModule } from './rating.module.ts'
export const ratingMigrations = [
  ...catalogMigrations,
  ratedMigration,
  rejectionsMigration,
  plansMigration,
  periodsMigration,
  correctionsMigration,
  billMigration,
  backtestsMigration,
  adjustmentsMigration,
  explanationTimesMigration,
]
