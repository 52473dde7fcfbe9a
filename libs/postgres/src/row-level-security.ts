/**
 * SQL that puts a tenant table under FORCEd row-level security: the tenant role sees only the workspace set on its
 * transaction (nothing where none is set: after SET LOCAL a pooled session's setting is '' and not null), the service
 * role goes through a policy of its own, and nobody bypasses (I-4).
 */
export function tenantTable(table: string, workspaceColumn = 'workspace_id'): string {
  return `
alter table ${table} enable row level security;
alter table ${table} force row level security;
create policy tenant on ${table} for select to portitor_tenant
  using (${workspaceColumn} = nullif(current_setting('app.workspace_id', true), '')::uuid);
create policy service on ${table} to portitor_service using (true) with check (true);
`
}

/** As `tenantTable`, for a table that tenants write too: only rows of the workspace that is set, and none into another. */
export function tenantWritableTable(table: string, workspaceColumn = 'workspace_id'): string {
  const own = `${workspaceColumn} = nullif(current_setting('app.workspace_id', true), '')::uuid`
  return `
alter table ${table} enable row level security;
alter table ${table} force row level security;
create policy tenant on ${table} to portitor_tenant using (${own}) with check (${own});
create policy service on ${table} to portitor_service using (true) with check (true);
`
}
