import { migration, tenantTable } from '@portitor/postgres'

const PARTITIONS = 8

/** Every partition carries the policy of its parent, so nothing is readable that the parent would hide. */
const partitions = Array.from(
  { length: PARTITIONS },
  (_, n) => `
create table rating.rated_usages_${n} partition of rating.rated_usages for values with (modulus ${PARTITIONS}, remainder ${n});
${tenantTable(`rating.rated_usages_${n}`)}`,
).join('\n')

export const ratedMigration = migration(
  2,
  'Rating',
  `
-- What every event of a batch owes and why (R-11): a line for each, packed together, because lines of a batch repeat each
-- other and apart they would be most of what rating writes. A batch holds events of many workspaces and their costs, so
-- tenants have no right here: the service reads a line for whoever may see its event's row in rated_usages.
create table rating.explanations (
  batch bigint generated always as identity primary key,
  rated_at timestamptz not null,
  lines bytea not null
);
alter table rating.explanations alter column lines set storage external;
alter table rating.explanations enable row level security;
alter table rating.explanations force row level security;
create policy service on rating.explanations to portitor_service using (true) with check (true);
grant select, insert on rating.explanations to portitor_service;

-- One row per event that was rated: the dedupe record (M-5), which says where the event's explanation is. The event's time
-- is a column and not part of the key, or an id sent again with another time would pass; its month is until when it lives.
create table rating.rated_usages (
  workspace_id uuid not null,
  payload_hash uuid not null,
  event_time timestamptz not null,
  batch bigint not null,
  place int not null,
  source text collate "C" not null,
  id text collate "C" not null,
  primary key (workspace_id, source, id)
) partition by hash (workspace_id, source, id);
${tenantTable('rating.rated_usages')}
${partitions}
grant select, insert on rating.rated_usages to portitor_service;
grant select (workspace_id, event_time, batch, place, source, id) on rating.rated_usages to portitor_tenant;

-- A segment: workspace, charge, version in force, period, cell group. quantity and amount per cell, so that an event that
-- touches three token kinds touches one row (R-2). Decimal text inside of jsonb: 10^-9 units overflow an int8.
create table rating.charge_counters (
  workspace_id uuid not null,
  version int not null,
  side text collate "C" not null,
  charge text collate "C" not null,
  period text collate "C" not null,
  segment text collate "C" not null,
  cells jsonb not null,
  primary key (workspace_id, side, charge, version, period, segment)
) with (fillfactor = 50);
${tenantTable('rating.charge_counters')}
grant select, insert, update on rating.charge_counters to portitor_service;

-- Counts per partition of usage.recorded, in the commit that consumed them: what reconciliation counts from (L-11).
create table rating.recorded_totals (
  partition int primary key,
  events bigint not null,
  duplicates bigint not null,
  rejected bigint not null,
  rated bigint not null
) with (fillfactor = 50);
grant select, insert, update on rating.recorded_totals to portitor_service;

-- One row per record of usage.rated: the rated log's totals at any cut through it (L-11).
create table rating.rated_batches (
  partition int not null,
  sequence bigint not null,
  currency text collate "C" not null,
  events bigint not null,
  price_nanos numeric(38,0) not null,
  cost_nanos numeric(38,0) not null,
  rated_at timestamptz not null,
  primary key (partition, sequence, currency)
);
grant select, insert on rating.rated_batches to portitor_service;
`,
)

export const rejectionsMigration = migration(
  3,
  'Rejections',
  `
-- Dead letters of every service, as they stand in usage.rejected (M-7). A letter without a workspace is the operator's.
create table rating.rejections (
  rejection_id uuid primary key,
  workspace_id uuid,
  source text,
  id text,
  code text not null,
  field text,
  detail text not null,
  rejected_by text not null,
  rejected_at timestamptz not null,
  origin jsonb not null,
  event text not null,
  encoding text not null,
  replayed_at timestamptz
);
create index rejections_by_event on rating.rejections (workspace_id, source, id);
create index rejections_by_time on rating.rejections (rejected_at desc, rejection_id desc);
${tenantTable('rating.rejections')}
grant select, insert, update on rating.rejections to portitor_service;
grant select on rating.rejections to portitor_tenant;
`,
)
