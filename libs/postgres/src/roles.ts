/**
 * Roles are cluster-wide and tests run in parallel, so creating them twice at once must be harmless. Whether we can become
 * a role is tried, not looked up: since PostgreSQL 16 whoever creates a role is its member without the right to act as it.
 */
export const rolesStatement = (names: readonly string[]): string => `
do $$
declare
  acting text := current_setting('role');
  wanted text;
begin
  perform pg_advisory_xact_lock(hashtext('portitor roles'));
  foreach wanted in array array[${names.map((name) => `'${name}'`).join(', ')}] loop
    begin
      if not exists (select from pg_roles where rolname = wanted) then execute format('create role %I nologin', wanted); end if;
    -- An advisory lock holds within one database, and another one of the cluster may be at the same role.
    exception when duplicate_object or unique_violation then null;
    end;
    begin
      perform set_config('role', wanted, true);
    exception when insufficient_privilege then
      execute format('grant %I to %I', wanted, session_user);
    end;
    perform set_config('role', acting, true);
  end loop;
end $$`
