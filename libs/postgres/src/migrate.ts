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

/** Roles are cluster-wide and tests run in parallel, so creating them twice at once must be harmless. */
const ROLES = `
do $$
begin
  perform pg_advisory_xact_lock(hashtext('portitor roles'));
  if not exists (select from pg_roles where rolname = 'portitor_service') then create role portitor_service nologin; end if;
  if not exists (select from pg_roles where rolname = 'portitor_tenant') then create role portitor_tenant nologin; end if;
  if not pg_has_role(session_user, 'portitor_service', 'member') then execute format('grant portitor_service to %I', session_user); end if;
  if not pg_has_role(session_user, 'portitor_tenant', 'member') then execute format('grant portitor_tenant to %I', session_user); end if;
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
