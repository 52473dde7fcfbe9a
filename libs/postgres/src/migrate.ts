import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm'
import { rolesStatement } from './roles.ts'

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
    await lock.query(rolesStatement(['portitor_service', 'portitor_tenant']))
    await lock.query(`create schema if not exists ${schema}`)
    await lock.query(`grant usage on schema ${schema} to portitor_service, portitor_tenant`)
    await source.runMigrations()
  } finally {
    await lock.release()
    await source.destroy()
  }
}
