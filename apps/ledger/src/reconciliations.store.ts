import type { Reconciliation, ReconciliationPage } from '@portitor/contracts'
import type { Queryable } from '@portitor/postgres'

/** How many results are kept: three months of one every quarter of an hour. */
const KEPT_MAX = 10_000

export async function storeReconciliation(tx: Queryable, runAt: Date, result: Reconciliation): Promise<void> {
  const { rows } = await tx.query<{ id: bigint }>(
    'insert into ledger.reconciliations (run_at, ok, result) values ($1, $2, $3) returning id',
    [runAt, result.ok, JSON.stringify(result)],
  )
  await tx.query('delete from ledger.reconciliations where id <= $1', [rows[0]!.id - BigInt(KEPT_MAX)])
}

/** Newest first, before `before`; `next` is where the next page goes on, null at the end. */
export async function listReconciliations(
  tx: Queryable,
  page: { before: string | undefined; limit: number },
): Promise<{ runs: ReconciliationPage['data']; next: string | null }> {
  const { rows } = await tx.query<{ id: bigint; run_at: Date; result: Reconciliation }>(
    `select id, run_at, result from ledger.reconciliations where $1::bigint is null or id < $1 order by id desc limit $2`,
    [page.before ?? null, page.limit + 1],
  )
  const shown = rows.slice(0, page.limit)
  return {
    runs: shown.map(({ run_at, result }) => ({ run_at: run_at.toISOString(), result })),
    next: rows.length > page.limit ? String(shown.at(-1)!.id) : null,
  }
}

/** When the newest stored run was. */
export async function lastRunAt(tx: Queryable): Promise<Date | undefined> {
  const { rows } = await tx.query<{ run_at: Date }>(
    'select run_at from ledger.reconciliations order by id desc limit 1',
  )
  return rows[0]?.run_at
}
