import type { AccountPage, BalancePage } from '@portitor/contracts'
import { formatNanos } from '@portitor/money'
import type { Queryable } from '@portitor/postgres'
import { firstIdAt } from './transfer-ids.ts'

/** A place in the list of accounts: (workspace, currency, kind), in that order. */
export interface AccountsQuery {
  readonly workspaceId: string | undefined
  readonly after: readonly string[] | undefined
  readonly limit: number
}

interface AccountRow extends Record<string, unknown> {
  workspace_id: string
  currency: string
  kind: string
}
interface BalanceRow extends AccountRow {
  debits_posted: string
  credits_posted: string
  debits_pending: string
  credits_pending: string
}

const PAGE = `select * from ledger.accounts
  where ($1::uuid is null or workspace_id = $1)
    and ($2::uuid is null or (workspace_id, currency, kind) > ($2::uuid, $3::text, $4::text))
  order by workspace_id, currency, kind limit $5`

function pageValues({ workspaceId, after, limit }: AccountsQuery): unknown[] {
  const [workspace = null, currency = null, kind = null] = after ?? []
  return [workspaceId ?? null, workspace, currency, kind, limit]
}

export async function listAccounts(tx: Queryable, query: AccountsQuery): Promise<AccountPage['data']> {
  const { rows } = await tx.query<AccountRow>(PAGE, pageValues(query))
  return rows.map(({ workspace_id, currency, kind }) => ({ workspace_id, account: kind, currency }))
}

export async function listBalances(tx: Queryable, query: AccountsQuery): Promise<BalancePage['data']> {
  const { rows } = await tx.query<BalanceRow>(PAGE, pageValues(query))
  return rows.map((row) => ({
    ...toBalance(row),
    debits_pending_nanos: row.debits_pending,
    credits_pending_nanos: row.credits_pending,
  }))
}

/**
 * Balances of the transfers effective at `atMs` or before: those of now without what came later, so that the reading is
 * as long as the time since then and not as the whole history.
 */
export async function listBalancesAt(tx: Queryable, query: AccountsQuery, atMs: number): Promise<BalancePage['data']> {
  const { rows } = await tx.query<BalanceRow>(
    `with page as (${PAGE}), later as (
       select t.workspace_id, side.account, sum(side.debit) as debits, sum(side.credit) as credits
       from (select distinct workspace_id from page) w
         cross join lateral (select * from ledger.transfers t where t.workspace_id = w.workspace_id and t.id >= $6::uuid) t
         cross join lateral (values (t.debit_account, t.amount_nanos, 0::bigint), (t.credit_account, 0::bigint, t.amount_nanos))
           as side(account, debit, credit)
       group by t.workspace_id, side.account
     )
     select page.workspace_id, page.currency, page.kind,
       page.debits_posted - coalesce(later.debits, 0) as debits_posted,
       page.credits_posted - coalesce(later.credits, 0) as credits_posted
     from page left join later on later.workspace_id = page.workspace_id and later.account = page.id
     order by page.workspace_id, page.currency, page.kind`,
    [...pageValues(query), firstIdAt(atMs + 1)],
  )
  return rows.map(toBalance)
}

function toBalance({ workspace_id, kind, currency, debits_posted, credits_posted }: BalanceRow) {
  return {
    workspace_id,
    account: kind,
    currency,
    debits_posted_nanos: debits_posted,
    credits_posted_nanos: credits_posted,
    balance_nanos: formatNanos(BigInt(debits_posted) - BigInt(credits_posted)),
  }
}
