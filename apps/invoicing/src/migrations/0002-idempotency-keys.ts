import { migration } from '@portitor/postgres'

/** Answers kept under the key the caller chose. For operators: the tenant role has neither a privilege nor a policy here. */
export const createIdempotencyKeys = migration(
  2,
  'IdempotencyKeys',
  `
create table invoicing.idempotency_keys (
  operation text collate "C" not null,
  key text collate "C" not null,
  body_hash bytea not null,
  answer json not null,
  created_at timestamptz not null,
  primary key (operation, key)
);
create index on invoicing.idempotency_keys (created_at);
alter table invoicing.idempotency_keys enable row level security;
alter table invoicing.idempotency_keys force row level security;
create policy service on invoicing.idempotency_keys to portitor_service using (true) with check (true);
-- Update only because locking a row needs it: a kept answer is never changed.
grant select, insert, update, delete on invoicing.idempotency_keys to portitor_service;
`,
)
