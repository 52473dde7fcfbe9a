import { migration, tenantTable } from '@portitor/postgres'

export const adjustmentsMigration = migration(
  9,
  'Adjustments',
  `
-- What a period came to when it was closed, and for good: its counters go on, since each segment sums to F of all of it.
alter table rating.closed_periods add column bill text not null;

-- What was rated in a period after its close, by the period that it is billed in (M-8).
create table rating.adjustments (
  workspace_id uuid not null,
  period text collate "C" not null,
  billed_in text collate "C" not null,
  plan text collate "C" not null,
  charge text collate "C" not null,
  amount numeric(38,0) not null,
  primary key (workspace_id, billed_in, period, plan, charge)
);
${tenantTable('rating.adjustments')}
grant select, insert, update on rating.adjustments to portitor_service;
grant select on rating.adjustments to portitor_tenant;
`,
)
