import { migration } from '@portitor/postgres'

/**
 * The catalogue: meters, versions of the price and the cost book, and the head whose revision counts published changes.
 * Tables of the whole system, no tenant's: there is no `workspace_id` and the tenant role sees none of them.
 */
export const catalogMigrations = [
  migration(
    1,
    'Catalog',
    `
create table rating.meters (
  name text collate "C" primary key,
  definition jsonb not null,
  created_at timestamptz not null default now()
);

-- The content is text and not jsonb: what was published stays byte for byte what its hash was taken of.
create table rating.book_versions (
  book text collate "C" not null check (book in ('price', 'cost')),
  version int not null check (version > 0),
  status text not null default 'draft' check (status in ('draft', 'published')),
  note text not null,
  imported boolean not null,
  content text not null,
  content_sha256 text not null check (content_sha256 = encode(sha256(convert_to(content, 'UTF8')), 'hex')),
  currency text not null,
  effective_from timestamptz not null,
  effective_to timestamptz check (effective_to > effective_from),
  source text not null,
  source_date timestamptz not null,
  created_at timestamptz not null default now(),
  published_at timestamptz,
  primary key (book, version),
  check ((status = 'published') = (published_at is not null))
);

-- Everyone who changes the catalogue locks this row first, so versions are gapless and revisions follow one another;
-- raters only read it, which a lock does not hinder.
create table rating.catalog_head (
  one boolean primary key default true check (one),
  revision bigint not null
);
insert into rating.catalog_head (revision) values (0);

-- R-4: a draft may be replaced or published, a published version never changes again, and no version disappears. The
-- privileges below say the same; the trigger holds for the owner of the tables too.
create function rating.keep_book_version() returns trigger language plpgsql as $$
begin
  if tg_op <> 'UPDATE' then
    raise exception 'versions of a book are never removed' using errcode = 'integrity_constraint_violation';
  end if;
  if old.status = 'published' then
    raise exception 'version % of the % book is published and immutable: make a new version', old.version, old.book
      using errcode = 'integrity_constraint_violation';
  end if;
  if (new.book, new.version, new.created_at) is distinct from (old.book, old.version, old.created_at) then
    raise exception 'a draft keeps its book, version and time of creation' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger keep_book_version before update or delete on rating.book_versions
  for each row execute function rating.keep_book_version();
create trigger keep_book_versions before truncate on rating.book_versions
  for each statement execute function rating.keep_book_version();

create function rating.keep_meter() returns trigger language plpgsql as $$
begin
  raise exception 'meters are never changed or removed: rated events name them' using errcode = 'integrity_constraint_violation';
end $$;
create trigger keep_meter before update or delete on rating.meters for each row execute function rating.keep_meter();
create trigger keep_meters before truncate on rating.meters for each statement execute function rating.keep_meter();

grant select, insert on rating.meters to portitor_service;
-- Without the right to insert a status, a new version is always a draft.
grant select,
  insert (book, version, note, imported, content, content_sha256, currency, effective_from, effective_to, source, source_date),
  update (status, published_at, content, content_sha256, effective_from)
  on rating.book_versions to portitor_service;
grant select, update (revision) on rating.catalog_head to portitor_service;
`,
  ),
]
