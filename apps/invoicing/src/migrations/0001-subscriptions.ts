import { migration, tenantTable } from '@portitor/postgres'

/** Subscriptions (B-2). What may never be so is refused here too, whatever the code above does. */
export const createSubscriptions = migration(
  1,
  'Subscriptions',
  `
create table invoicing.subscriptions (
  id uuid primary key,
  workspace_id uuid not null,
  revision int not null check (revision > 0),
  starts_at timestamptz not null,
  ends_at timestamptz check (ends_at >= starts_at),
  billing json not null,
  trial_ends_at timestamptz,
  terms json not null,
  pauses json not null,
  created_at timestamptz not null
);
create index on invoicing.subscriptions (workspace_id, id);

-- One at a time: an exclusion constraint over a uuid would need an extension that not every server has. The lock makes
-- two that overlap wait for each other; in READ COMMITTED each statement then sees what the other one has committed.
create function invoicing.keep_subscription_rules() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    if new.revision <> old.revision + 1 then
      raise exception 'revision % does not follow %', new.revision, old.revision using errcode = 'check_violation';
    end if;
    if (new.id, new.workspace_id, new.starts_at, new.billing::text, new.created_at)
       is distinct from (old.id, old.workspace_id, old.starts_at, old.billing::text, old.created_at) then
      raise exception 'whose a subscription is, its start and its billing do not change' using errcode = 'check_violation';
    end if;
  elsif new.revision <> 1 then
    raise exception 'a subscription begins with revision 1' using errcode = 'check_violation';
  end if;
  perform pg_advisory_xact_lock(hashtext('invoicing.subscriptions'), hashtext(new.workspace_id::text));
  if exists (
    select from invoicing.subscriptions other
    where other.workspace_id = new.workspace_id and other.id <> new.id
      and tstzrange(other.starts_at, other.ends_at) && tstzrange(new.starts_at, new.ends_at)
  ) then
    raise exception 'the workspace has another subscription at that time' using errcode = 'exclusion_violation';
  end if;
  return new;
end $$;
create trigger keep_rules before insert or update on invoicing.subscriptions
  for each row execute function invoicing.keep_subscription_rules();
${tenantTable('invoicing.subscriptions')}
grant select, insert, update on invoicing.subscriptions to portitor_service;
grant select on invoicing.subscriptions to portitor_tenant;
`,
)
