import { migration, tenantTable } from '@portitor/postgres'

export const periodsMigration = migration(
  5,
  'Periods',
  `
-- A segment is named by the plan too whose version it is (ADR 22); '' is the price or cost book.
alter table rating.charge_counters add column plan text collate "C" not null default '';
alter table rating.charge_counters drop constraint charge_counters_pkey;
alter table rating.charge_counters add primary key (workspace_id, side, charge, plan, version, period, segment);

-- What a segment has to keep of each event where its amount follows from their order, or its quantity is no sum (R-2, M-3).
-- "segment" is a hash of all that names it, "value" what a meter counts the different values of.
create table rating.segment_events (
  workspace_id uuid not null,
  segment uuid not null,
  event_time timestamptz not null,
  source text collate "C" not null,
  id text collate "C" not null,
  value text collate "C",
  priced jsonb not null,
  primary key (workspace_id, segment, source, id)
);
create index segment_values on rating.segment_events (segment, value) where value is not null;
${tenantTable('rating.segment_events')}
grant select, insert, update, delete on rating.segment_events to portitor_service;

-- Subscriptions as invoicing published them: the rater reads them in the transaction that rates.
create table rating.subscriptions (
  workspace_id uuid not null,
  subscription_id uuid primary key,
  revision int not null,
  starts_at timestamptz not null,
  ends_at timestamptz,
  content text not null
);
create index subscriptions_by_workspace on rating.subscriptions (workspace_id);
${tenantTable('rating.subscriptions')}
grant select, insert, update on rating.subscriptions to portitor_service;
grant select on rating.subscriptions to portitor_tenant;

-- One row that whoever rates takes shared, and whoever changes what rating goes by for times that are past takes alone, each
-- as the first thing of its transaction: so an event is either rated before a period's close, or sees it (M-8); and before
-- a late change of a subscription, or by it (R-4).
create table rating.turn (one boolean primary key default true check (one));
insert into rating.turn default values;
grant select, update on rating.turn to portitor_service;

create table rating.closed_periods (
  workspace_id uuid not null,
  period text collate "C" not null,
  subscription_id uuid,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  closed_at timestamptz not null,
  primary key (workspace_id, period)
);
${tenantTable('rating.closed_periods')}
grant select, insert on rating.closed_periods to portitor_service;
grant select on rating.closed_periods to portitor_tenant;

-- Who and what was active in a period, for fees that are counted so (B-1): an agent or workflow with at least one event.
create table rating.period_actives (
  workspace_id uuid not null,
  period text collate "C" not null,
  kind text collate "C" not null check (kind in ('agent', 'workflow')),
  name text collate "C" not null,
  primary key (workspace_id, period, kind, name)
);
${tenantTable('rating.period_actives')}
grant select, insert on rating.period_actives to portitor_service;
grant select on rating.period_actives to portitor_tenant;
`,
)
