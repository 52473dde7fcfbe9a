import { migration } from '@portitor/postgres'

/** Kinds of accounts and codes of transfers a customer may see: whatever is not named here is the operator's own (L-8). */
const TENANT_KINDS = `'{wallet,grant,hold,receivable,revenue,promo,tax}'::text[]`
const TENANT_CODES = `'{usage.price}'::text[]`

/**
 * L-1, L-2. One row is one transfer, so no unbalanced state can be written. There is one index beside the primary key,
 * and neither foreign keys nor row triggers: each would cost the posting path a third or more of its speed.
 */
export const ledgerMigration = migration(
  1,
  'Ledger',
  `
create table ledger.accounts (
  workspace_id uuid not null,
  -- Derived from currency and kind (account-ids.ts): posting never has to ask for an id.
  id bigint not null,
  debits_posted numeric(38,0) not null default 0,
  credits_posted numeric(38,0) not null default 0,
  debits_pending numeric(38,0) not null default 0,
  credits_pending numeric(38,0) not null default 0,
  currency text collate "C" not null,
  kind text collate "C" not null,
  primary key (workspace_id, id),
  unique (workspace_id, currency, kind)
-- Room on every page for new versions of its rows: an update then stays on the page and touches no index.
) with (fillfactor = 40);

create table ledger.transfers (
  workspace_id uuid not null,
  -- Begins with effective_at in milliseconds, so ids are in the order of time and a period is a range of ids.
  id uuid not null,
  debit_account bigint not null,
  credit_account bigint not null,
  amount_nanos bigint not null,
  effective_at timestamptz not null,
  recorded_at timestamptz not null,
  price_version int not null,
  code text collate "C" not null,
  currency text collate "C" not null,
  charge text collate "C",
  source text collate "C" not null,
  event_id text collate "C" not null,
  agent_id text collate "C",
  user_id text collate "C",
  workflow text collate "C",
  model text collate "C",
  provider text collate "C",
  metadata json,
  primary key (workspace_id, id),
  check (amount_nanos > 0 and debit_account <> credit_account)
);
-- The operator's lists go through all workspaces in the order of time.
create index transfers_by_id on ledger.transfers (id);

-- What a partition of usage.rated has brought so far, in the commit that consumed it: counts survive any crash (L-11).
create table ledger.postings (
  partition int primary key,
  events bigint not null,
  rejected bigint not null
) with (fillfactor = 40);

create table ledger.reconciliations (
  id bigint generated always as identity primary key,
  run_at timestamptz not null,
  ok boolean not null,
  result json not null
);

create function ledger.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'ledger.transfers is append-only: correct a transfer by another one' using errcode = 'insufficient_privilege';
end $$;
create trigger append_only before update or delete or truncate on ledger.transfers
  for each statement execute function ledger.refuse_change();

alter table ledger.accounts enable row level security;
alter table ledger.accounts force row level security;
create policy service on ledger.accounts to portitor_service using (true) with check (true);
create policy tenant on ledger.accounts for select to portitor_tenant
  using (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid
         and split_part(kind, ':', 1) = any (${TENANT_KINDS}));

alter table ledger.transfers enable row level security;
alter table ledger.transfers force row level security;
create policy service on ledger.transfers to portitor_service using (true) with check (true);
create policy tenant on ledger.transfers for select to portitor_tenant
  using (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid and code = any (${TENANT_CODES}));

grant select, insert on ledger.transfers to portitor_service;
grant select, insert, update (debits_posted, credits_posted, debits_pending, credits_pending) on ledger.accounts to portitor_service;
grant select, insert, update on ledger.postings to portitor_service;
grant select, insert, delete on ledger.reconciliations to portitor_service;
grant select on ledger.transfers, ledger.accounts to portitor_tenant;
`,
)
