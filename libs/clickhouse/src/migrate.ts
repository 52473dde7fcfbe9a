import type { ClickHouse } from './clickhouse.ts'

/** One numbered step. Each statement must be harmless where it was run before (`if not exists`), for ClickHouse has no transactions. */
export interface TableMigration {
  readonly number: number
  readonly name: string
  readonly statements: readonly string[]
}

/**
 * Brings the tables of a service up to date: runs the steps that `migrations` does not name yet, in order of number, and
 * notes each when all of its statements have run. A step that was interrupted, or is run by two processes at once, is
 * simply run again.
 */
export async function migrateTables(clickhouse: ClickHouse, steps: readonly TableMigration[]): Promise<void> {
  await clickhouse.command(
    `create table if not exists migrations (number UInt32, name String, applied_at DateTime64(3, 'UTC') default now64(3))
     engine = ReplacingMergeTree order by number settings fsync_after_insert = 1`,
  )
  const applied = await clickhouse.query<{ number: number }>('select distinct number from migrations')
  const known = new Set(applied.map((row) => row.number))
  for (const step of [...steps].sort((a, b) => a.number - b.number)) {
    if (known.has(step.number)) continue
    for (const statement of step.statements) await clickhouse.command(statement)
    await clickhouse.insert('migrations', [{ number: step.number, name: step.name }])
  }
}
