import { migration, tenantTable } from '@portitor/postgres'

export const backtestsMigration = migration(
  8,
  'Backtests',
  `
-- What was asked to be replayed under other versions (R-8), and how far it is. Operators only.
create table rating.backtests (
  backtest_id uuid primary key,
  asked jsonb not null,
  -- Of the contents under test, as they were when it was asked.
  revisions jsonb not null,
  status text not null default 'running' check (status in ('running', 'done', 'failed', 'cancelled')),
  error text,
  -- Whether its workspaces are known.
  planned boolean not null default false,
  -- The process that works on it, until when; another one goes on where it was after that.
  worker uuid,
  leased_until timestamptz,
  -- Events of the workspace in hand that were looked at.
  in_hand bigint not null default 0,
  created_at timestamptz not null default now(),
  finished_at timestamptz
);
create index backtests_running on rating.backtests (created_at) where status = 'running';
grant select, insert, update, delete on rating.backtests to portitor_service;

-- The workspaces of a back-test; each is replayed as a whole, and counts once it is.
create table rating.backtest_workspaces (
  backtest_id uuid not null references rating.backtests on delete cascade,
  workspace_id uuid not null,
  -- As analytics had them when the back-test began.
  expected bigint not null,
  status text not null default 'waiting' check (status in ('waiting', 'replayed', 'failed')),
  error text,
  events bigint not null default 0,
  whole_periods boolean not null default true,
  reasons jsonb not null default '[]',
  primary key (backtest_id, workspace_id)
);
create index backtest_workspaces_waiting on rating.backtest_workspaces (backtest_id, workspace_id) where status = 'waiting';
${tenantTable('rating.backtest_workspaces')}
grant select, insert, update, delete on rating.backtest_workspaces to portitor_service;

create table rating.backtest_amounts (
  backtest_id uuid not null,
  workspace_id uuid not null,
  currency text not null,
  price_before numeric(38,0) not null,
  cost_before numeric(38,0) not null,
  price_after numeric(38,0) not null,
  cost_after numeric(38,0) not null,
  difference numeric(38,0) not null generated always as (price_after - price_before) stored,
  margin_after numeric(38,0) not null generated always as (price_after - cost_after) stored,
  refused bigint not null,
  refused_price numeric(38,0) not null,
  refused_cost numeric(38,0) not null,
  primary key (backtest_id, workspace_id, currency),
  foreign key (backtest_id, workspace_id) references rating.backtest_workspaces on delete cascade
);
create index backtest_amounts_by_difference on rating.backtest_amounts (backtest_id, difference, workspace_id, currency);
${tenantTable('rating.backtest_amounts')}
grant select, insert, update, delete on rating.backtest_amounts to portitor_service;
`,
)
