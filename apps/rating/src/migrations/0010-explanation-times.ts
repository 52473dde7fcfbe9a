import { migration } from '@portitor/postgres'

export const explanationTimesMigration = migration(
  10,
  'ExplanationTimes',
  `
-- The latest time of all that is rated is asked with the turn in hand, so it must not take a look at every batch.
create index explanations_by_time on rating.explanations (to_time);
`,
)
