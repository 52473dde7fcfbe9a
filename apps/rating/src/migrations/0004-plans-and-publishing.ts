import { migration } from '@portitor/postgres'

/**
 * Plans beside the books, and who wrote, reviewed and published a version. Tables of the whole system, no tenant's: there is no
 * `workspace_id`, and the tenant role sees none of them (tenants are shown published plans by the service).
 */
export const plansMigration = migration(
  4,
  'PlansAndPublishing',
  `
-- Who wrote the present content, and who published it: {"kind","id"} of a principal. Null: before it was kept.
-- The revision counts the contents that a draft has had: a review holds for the one that was read.
alter table rating.book_versions
  add author jsonb,
  add publisher jsonb,
  add revision int not null default 1;

create table rating.plan_versions (
  plan text collate "C" not null check (plan ~ '^[a-z][a-z0-9_]{0,47}$'),
  version int not null check (version > 0),
  status text not null default 'draft' check (status in ('draft', 'published')),
  note text not null,
  content text not null,
  content_sha256 text not null check (content_sha256 = encode(sha256(convert_to(content, 'UTF8')), 'hex')),
  currency text not null,
  kind text not null check (kind in ('plan', 'add_on')),
  name text not null,
  -- Chosen when it is published: what a plan says does not depend on when it holds.
  effective_from timestamptz,
  effective_to timestamptz check (effective_to > effective_from),
  created_at timestamptz not null default now(),
  published_at timestamptz,
  author jsonb,
  publisher jsonb,
  revision int not null default 1,
  primary key (plan, version),
  check ((status = 'published') = (published_at is not null)),
  check ((status = 'published') = (effective_from is not null))
);

-- R-4, as before for books and now for plans too: a published version never changes again, and no version disappears. Another
-- content makes another revision, so that nobody's approval holds for what they have not read.
create function rating.keep_version() returns trigger language plpgsql as $$
declare
  noun text := tg_argv[0];
begin
  if tg_op <> 'UPDATE' then
    raise exception 'versions of a % are never removed', noun using errcode = 'integrity_constraint_violation';
  end if;
  if old.status = 'published' then
    raise exception 'version % of the % % is published and immutable: make a new version',
      old.version, noun, to_jsonb(old) ->> noun using errcode = 'integrity_constraint_violation';
  end if;
  if (to_jsonb(new) ->> noun, new.version, new.created_at) is distinct from (to_jsonb(old) ->> noun, old.version, old.created_at) then
    raise exception 'a draft keeps its %, version and time of creation', noun using errcode = 'integrity_constraint_violation';
  end if;
  new.revision := old.revision;
  if new.status = 'draft' and new.content <> old.content then
    new.revision := old.revision + 1;
  end if;
  return new;
end $$;
drop trigger keep_book_version on rating.book_versions;
drop trigger keep_book_versions on rating.book_versions;
drop function rating.keep_book_version();
create trigger keep_version before update or delete on rating.book_versions
  for each row execute function rating.keep_version('book');
create trigger keep_versions before truncate on rating.book_versions
  for each statement execute function rating.keep_version('book');
create trigger keep_version before update or delete on rating.plan_versions
  for each row execute function rating.keep_version('plan');
create trigger keep_versions before truncate on rating.plan_versions
  for each statement execute function rating.keep_version('plan');

-- What a principal found of a revision. Nothing is ever taken back: a later verdict of the same reviewer counts instead.
create table rating.version_reviews (
  review bigint generated always as identity primary key,
  noun text collate "C" not null check (noun in ('book', 'plan')),
  subject text collate "C" not null,
  version int not null,
  revision int not null,
  reviewer jsonb not null,
  verdict text not null check (verdict in ('approve', 'reject')),
  note text not null,
  reviewed_at timestamptz not null
);
create index version_reviews_by_version on rating.version_reviews (noun, subject, version, review);
create function rating.keep_review() returns trigger language plpgsql as $$
begin
  raise exception 'reviews are never changed or removed' using errcode = 'integrity_constraint_violation';
end $$;
create trigger keep_review before update or delete on rating.version_reviews for each row execute function rating.keep_review();
create trigger keep_reviews before truncate on rating.version_reviews for each statement execute function rating.keep_review();

-- Answers kept under the key that a caller chose (Idempotency-Key, webhook-id), so that a repeat has no second effect.
create table rating.kept_answers (
  operation text collate "C" not null,
  key text collate "C" not null,
  body_sha256 text not null,
  answer json not null,
  created_at timestamptz not null,
  primary key (operation, key)
);
create index kept_answers_by_age on rating.kept_answers (created_at);

-- When a job last ran on any replica.
create table rating.job_runs (
  job text collate "C" primary key,
  ran_at timestamptz not null
);

grant insert (author), update (note, imported, currency, effective_to, source, source_date, author, publisher)
  on rating.book_versions to portitor_service;
grant select,
  insert (plan, version, note, content, content_sha256, currency, kind, name, author),
  update (status, published_at, note, content, content_sha256, currency, kind, name, effective_from, effective_to, author, publisher)
  on rating.plan_versions to portitor_service;
grant select, insert on rating.version_reviews to portitor_service;
grant select, insert, update, delete on rating.kept_answers to portitor_service;
grant select, insert, update on rating.job_runs to portitor_service;
`,
)
