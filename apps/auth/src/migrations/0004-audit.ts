import { migration } from '@portitor/postgres'

/** The chain of what belongs to no workspace. Postgres allows no null in a primary key. */
export const OPERATOR_CHAIN = '00000000-0000-0000-0000-000000000000'

/**
 * C-1. An entry is never changed or taken out: neither role has the privilege, and the triggers stop the owner too. A head
 * only moves forward, so that cutting off the end of a chain shows.
 */
export const createAudit = migration(
  4,
  'Audit',
  `
create table auth.audit_heads (
  workspace_id uuid primary key,
  sequence bigint not null,
  hash bytea not null
-- Every entry moves its head: room on the page keeps that from touching the index.
) with (fillfactor = 50);

create table auth.audit_entries (
  workspace_id uuid not null,
  sequence bigint not null check (sequence > 0),
  id uuid not null,
  -- To the millisecond, as it is hashed.
  at timestamptz(3) not null,
  service text not null,
  -- json and not jsonb: the text is hashed as it was written.
  actor json not null,
  action text not null,
  target text,
  before json,
  after json,
  address text,
  request_id text,
  outcome text not null,
  code text,
  previous_hash bytea not null,
  hash bytea not null,
  primary key (workspace_id, sequence),
  -- A repeat is recorded once.
  unique (workspace_id, id)
);
create index on auth.audit_entries (at, id);
create index on auth.audit_entries (workspace_id, at, id);

create function auth.refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log is append-only: % of % is refused', lower(tg_op), tg_table_name using errcode = 'insufficient_privilege';
end $$;
create trigger append_only before update or delete or truncate on auth.audit_entries
  for each statement execute function auth.refuse_audit_change();
create trigger no_removal before delete or truncate on auth.audit_heads
  for each statement execute function auth.refuse_audit_change();
create trigger only_forward before update on auth.audit_heads
  for each row when (new.sequence <= old.sequence or new.workspace_id <> old.workspace_id)
  execute function auth.refuse_audit_change();

${['audit_heads', 'audit_entries']
  .map(
    (table) => `
alter table auth.${table} enable row level security;
alter table auth.${table} force row level security;
create policy service on auth.${table} to portitor_service using (true) with check (true);
-- The chain of the operator is nobody's workspace, whatever is set.
create policy tenant on auth.${table} for select to portitor_tenant
  using (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid and workspace_id <> '${OPERATOR_CHAIN}');`,
  )
  .join('')}
grant select, insert on auth.audit_entries to portitor_service;
grant select, insert, update (sequence, hash) on auth.audit_heads to portitor_service;
grant select on auth.audit_entries, auth.audit_heads to portitor_tenant;
`,
)
