import { migration, tenantWritableTable } from '@portitor/postgres'

/** Where workspaces belong that name no organization. */
export const DEFAULT_ORGANIZATION_ID = '01900000-0000-7000-8000-000000000001'

/** Organizations, people, teams, roles, agents, credentials and budgets (I-1, I-3, I-6). Every tenant table is under forced row-level security. */
export const createIdentity = migration(
  3,
  'Identity',
  `
create table auth.organizations (
  id uuid primary key,
  name text not null,
  created_at timestamptz not null
);
insert into auth.organizations values ('${DEFAULT_ORGANIZATION_ID}', 'Default', now());
alter table auth.workspaces add column organization_id uuid not null default '${DEFAULT_ORGANIZATION_ID}'
  references auth.organizations (id);
-- The workspace in which the test keys of another act (I-3).
alter table auth.workspaces add column test_of uuid unique references auth.workspaces (id);
create policy tenant_write on auth.workspaces for update to portitor_tenant
  using (id = nullif(current_setting('app.workspace_id', true), '')::uuid);

create table auth.teams (
  id uuid primary key,
  workspace_id uuid not null references auth.workspaces (id),
  name text not null,
  created_at timestamptz not null
);
create index on auth.teams (workspace_id, id);

-- The roles that come with the product are code; these are the workspace's own.
create table auth.roles (
  id uuid primary key,
  workspace_id uuid not null references auth.workspaces (id),
  name text not null,
  scopes text[] not null,
  created_at timestamptz not null,
  unique (workspace_id, name)
);

-- People, who may belong to several workspaces. Bound to their issuer at the first log-in with a verified address.
create table auth.users (
  id uuid primary key,
  email text not null,
  name text,
  issuer text,
  subject text,
  created_at timestamptz not null,
  unique (issuer, subject),
  check ((issuer is null) = (subject is null))
);
create unique index on auth.users (lower(email));

create table auth.memberships (
  workspace_id uuid not null references auth.workspaces (id),
  user_id uuid not null references auth.users (id),
  -- As this workspace wrote them: what another one calls the same person is not its business.
  email text not null,
  name text,
  -- Name of a role: one of the product, or of the workspace.
  role text not null,
  team_id uuid references auth.teams (id) on delete set null,
  created_at timestamptz not null,
  primary key (workspace_id, user_id)
);
create index on auth.memberships (user_id);

create table auth.operators (
  user_id uuid primary key references auth.users (id),
  created_at timestamptz not null
);

create table auth.agents (
  id uuid primary key,
  workspace_id uuid not null references auth.workspaces (id),
  parent_agent_id uuid references auth.agents (id),
  name text not null,
  status text not null check (status in ('active', 'suspended', 'revoked')),
  owner_user_id uuid references auth.users (id),
  owner_license_id text,
  purpose text,
  risk_class text,
  -- Null: no limit of its own.
  allowed_models text[],
  allowed_tools text[],
  allowed_workflows text[],
  scopes text[],
  created_at timestamptz not null
);
create index on auth.agents (workspace_id, id);
create index on auth.agents (parent_agent_id) where parent_agent_id is not null;

-- API keys, and the credentials of agents (agent_id set). Of the secret only a keyed hash is kept.
create table auth.credentials (
  id uuid primary key,
  workspace_id uuid not null references auth.workspaces (id),
  agent_id uuid references auth.agents (id),
  kind text not null check (kind in ('live', 'test', 'agent')),
  name text not null,
  hash bytea not null unique,
  hint text not null,
  scopes text[] not null,
  ip_allow_list text[] not null default '{}',
  expires_at timestamptz,
  last_used_at timestamptz,
  created_at timestamptz not null,
  -- Whose scopes were the ceiling: user:<id>, api_key:<id>, agent:<id> or operator.
  created_by text not null,
  revoked_at timestamptz,
  check ((kind = 'agent') = (agent_id is not null))
);
create index on auth.credentials (workspace_id, id);
create index on auth.credentials (agent_id) where agent_id is not null;

create table auth.budgets (
  id uuid primary key,
  workspace_id uuid not null references auth.workspaces (id),
  agent_id uuid not null references auth.agents (id),
  period text not null check (period in ('day', 'week', 'month')),
  token_limit bigint check (token_limit > 0),
  amount_limit_nanos bigint check (amount_limit_nanos > 0),
  currency text,
  hard_cap boolean not null,
  created_at timestamptz not null,
  check ((token_limit is null) <> (amount_limit_nanos is null)),
  check ((amount_limit_nanos is null) = (currency is null))
);
create index on auth.budgets (workspace_id, agent_id, id);

${['teams', 'roles', 'memberships', 'agents', 'credentials', 'budgets'].map((table) => tenantWritableTable(`auth.${table}`)).join('')}
-- A tenant sees the people of its own workspace: its memberships are all that it can see in the subquery.
alter table auth.users enable row level security;
alter table auth.users force row level security;
create policy tenant on auth.users for select to portitor_tenant
  using (exists (select from auth.memberships m where m.user_id = users.id));
create policy service on auth.users to portitor_service using (true) with check (true);
alter table auth.organizations enable row level security;
alter table auth.organizations force row level security;
create policy service on auth.organizations to portitor_service using (true) with check (true);
alter table auth.operators enable row level security;
alter table auth.operators force row level security;
create policy service on auth.operators to portitor_service using (true) with check (true);

grant select, insert on auth.organizations to portitor_service;
grant select, insert, update on auth.users, auth.agents, auth.credentials to portitor_service;
grant select, insert, update, delete on auth.teams, auth.roles, auth.memberships, auth.operators, auth.budgets to portitor_service;
grant update (name) on auth.workspaces to portitor_tenant;
grant select on auth.users to portitor_tenant;
grant select, insert, update, delete on auth.teams, auth.roles, auth.memberships to portitor_tenant;
grant select, insert, update on auth.agents to portitor_tenant;
grant select, insert, delete on auth.budgets to portitor_tenant;
-- Never the hash, and of a credential that exists only its end.
grant select (id, workspace_id, agent_id, kind, name, hint, scopes, ip_allow_list, expires_at, last_used_at, created_at,
  created_by, revoked_at), insert, update (expires_at, revoked_at) on auth.credentials to portitor_tenant;
`,
)
