import { migration, tenantTable } from '@portitor/postgres'

/** A workspace is the tenant itself, so its own id is the tenant column: a tenant sees its row and no other (I-4). */
export const createWorkspaces = migration(
  1,
  'Workspaces',
  `
create table auth.workspaces (
  id uuid primary key,
  name text not null check (length(name) between 1 and 128),
  status text not null check (status in ('active', 'suspended', 'closed')),
  created_at timestamptz not null
);
${tenantTable('auth.workspaces', 'id')}
grant select, insert, update on auth.workspaces to portitor_service;
grant select on auth.workspaces to portitor_tenant;
`,
)
