import { busMigrations } from '@portitor/bus'
import type { RatedUsage } from '@portitor/contracts'
import { Database, migrate, type Queryable } from '@portitor/postgres'
import { freshDatabase } from '@portitor/testing'
import { ledgerMigrations } from './migrations/index.ts'
import { toTransfers } from './to-transfers.ts'
import { postUsage } from './transfers.store.ts'

/** A ledger of its own on the test server, for specs. */
export async function openLedger(
  connectionsMax = 4,
  make = (url: string) => new Database({ url, connectionsMax, applicationName: 'spec' }),
) {
  const fresh = await freshDatabase()
  await migrate(fresh.url, 'bus', busMigrations)
  await migrate(fresh.url, 'ledger', ledgerMigrations)
  const database = make(fresh.url)
  return {
    database,
    post: (events: readonly RatedUsage[]) =>
      database.transaction((tx) => postUsage(tx, events.map(toTransfers), RECORDED_AT)),
    /** Acts as the role that owns the tables, a superuser: what even a migration may not do. */
    asOwner: (statement: string) =>
      database.transaction(async (tx) => {
        await tx.query('set local role none')
        return tx.query(statement)
      }),
    close: async () => {
      await database.close()
      await fresh.drop()
    },
  }
}
export type LedgerWorld = Awaited<ReturnType<typeof openLedger>>

const RECORDED_AT = new Date('2023-11-14T22:14:00.000Z')

interface StoredAccount extends Record<string, unknown> {
  workspace_id: string
  currency: string
  kind: string
  debits: string
  credits: string
}

export async function readAccounts(tx: Queryable): Promise<StoredAccount[]> {
  const { rows } = await tx.query<StoredAccount>(
    `select workspace_id, currency, kind, debits_posted as debits, credits_posted as credits
     from ledger.accounts order by workspace_id, currency, kind`,
  )
  return rows
}

/** The whole ledger as text: two ledgers with the same text hold the same. */
export async function readLedger(tx: Queryable): Promise<string[]> {
  const { rows } = await tx.query<{ line: string }>(
    `select t::text as line from ledger.transfers t union all select a::text from ledger.accounts a order by 1`,
  )
  return rows.map(({ line }) => line)
}
