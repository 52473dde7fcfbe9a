import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm'

export type MigrationClass = new () => MigrationInterface

/** One numbered step in plain SQL. TypeORM orders by the last 13 digits of the name. */
export function migration(number: number, name: string, sql: string): MigrationClass {
  return class implements MigrationInterface {
    readonly name = `${name}${String(number).padStart(13, '0')}`

    async up(runner: QueryRunner): Promise<void> {
      await runner.query(sql)
    }

    async down(): Promise<void> {
      throw new Error(`migration ${this.name} is forward-only`)
    }
  }
}

/**
 * Roles are cluster-wide and tests run in parallel, so creating them twice at once must be harmless. Whether we can become
 * a role is tried, not looked up: since PostgreSQL 16 whoever creates a role is its member without the right to act as it.
 */
const ROLES = `
do $$
declare
  acting text := current_setting('role');
  wanted text;
begin
  perform pg_advisory_xact_lock(hashtext('portitor roles'));
  foreach wanted in array array['portitor_service', 'portitor_tenant'] loop
    if not exists (select from pg_roles where rolname = wanted) then execute format('create role %I nologin', wanted); end if;
    begin
      perform set_config('role', wanted, true);
    exception when insufficient_privilege then
      execute format('grant %I to %I', wanted, session_user);
    end;
    perform set_config('role', acting, true);
  end loop;
end $$`

/**
 * Brings the schema of one service up to date: its own schema, its own migration table, one transaction per step, and an
 * advisory lock so that replicas that start together run each step once (O-6). The caller's role must own the schema;
 * services then act as `portitor_service`, which owns nothing.
 */
export async function migrate(url: string, schema: string, migrations: readonly MigrationClass[]): Promise<void> {
  const source = new DataSource({
    type: 'postgres',
    url,
    schema,
    migrations: [...migrations],
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    extra: { max: 2 },
  })
  await source.initialize()
  const lock = source.createQueryRunner()
  try {
    await lock.connect()
    await lock.query(`select pg_advisory_lock(hashtext('portitor migrations'), hashtext($1))`, [schema])
    await lock.query(ROLES)
    await lock.query(`create schema if not exists ${schema}`)
    await lock.query(`grant usage on schema ${schema} to portitor_service, portitor_tenant`)
    await source.runMigrations()
  } finally {
    await lock.release()
    await source.destroy()
  }
}
