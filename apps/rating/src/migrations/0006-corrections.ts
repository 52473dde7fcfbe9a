import { migration, tenantTable } from '@portitor/postgres'

export const correctionsMigration = migration(
  6,
  'Corrections',
  `
-- Which times the events of a batch have, so that what rates a range again need not open the others.
alter table rating.explanations add column from_time timestamptz, add column to_time timestamptz;

-- Where the explanation of each correction of an event is (R-9); an event that was rated once has no row. The newest holds.
create table rating.revisions (
  workspace_id uuid not null,
  source text collate "C" not null,
  id text collate "C" not null,
  revision int not null check (revision > 0),
  batch bigint not null,
  place int not null,
  primary key (workspace_id, source, id, revision)
);
${tenantTable('rating.revisions')}
grant select, insert on rating.revisions to portitor_service;
grant select on rating.revisions to portitor_tenant;

-- What was asked to be rated again, and how far it is: next_batch moves in the commit of what was corrected up to it, so a
-- killed one goes on where it was. Operators only.
create table rating.reratings (
  rerating_id uuid primary key,
  -- A second request of the same key is the first one.
  key text not null unique,
  -- Of one workspace, or of all.
  only_workspace uuid,
  from_time timestamptz not null,
  to_time timestamptz not null check (to_time > from_time),
  fixed jsonb not null,
  reason text not null,
  status text not null default 'running' check (status in ('running', 'done', 'failed')),
  error text,
  next_batch bigint not null default 0,
  last_batch bigint not null,
  events bigint not null default 0,
  corrected bigint not null default 0,
  refused bigint not null default 0,
  refusals jsonb not null default '[]',
  price_nanos numeric(38,0) not null default 0,
  cost_nanos numeric(38,0) not null default 0,
  created_at timestamptz not null default now(),
  finished_at timestamptz
);
create index reratings_running on rating.reratings (created_at) where status = 'running';
grant select, insert, update on rating.reratings to portitor_service;
`,
)
