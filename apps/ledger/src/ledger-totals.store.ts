import { readPositions } from '@portitor/bus'
import { usageRatedTopic } from '@portitor/contracts'
import type { Queryable } from '@portitor/postgres'
import type { LedgerTotals } from './compare-totals.ts'
import { postedPositions, type PostedPosition } from './positions.ts'
import { LEDGER_CONSUMER } from './post-rated.consumer.ts'

/** A look at every transfer: long on a large ledger, but it must end. */
const STATEMENT_MS_MAX = 300_000

interface TotalsRow extends Record<string, unknown> {
  currencies: { currency: string; price: string; cost: string }[]
  sides: { currency: string; debits: string; credits: string }[]
  wrong: string
  example: string | null
}

/**
 * One pass over the transfers, everything else from what it made. A price is owed where it debits a receivable and given
 * back where it credits one; a cost likewise by the cost of goods sold.
 */
const TOTALS = `
with flows as materialized (
  select workspace_id, currency, code, debit_account, credit_account, sum(amount_nanos) as amount
  from ledger.transfers group by workspace_id, currency, code, debit_account, credit_account
), signed as (
  select f.currency, f.code, case when d.kind ~ '^(receivable|cogs):' then f.amount else -f.amount end as amount
  from flows f join ledger.accounts d on d.workspace_id = f.workspace_id and d.id = f.debit_account
), expected as (
  select f.workspace_id, side.account, sum(side.debit) as debits, sum(side.credit) as credits
  from flows f cross join lateral (values (debit_account, amount, 0::numeric), (credit_account, 0::numeric, amount)) as side(account, debit, credit)
  group by f.workspace_id, side.account
), wrong as (
  select coalesce(a.workspace_id, e.workspace_id) || ' ' || coalesce(a.kind, e.account::text) as name
  from ledger.accounts a full join expected e on e.workspace_id = a.workspace_id and e.account = a.id
  where (coalesce(a.debits_posted, 0), coalesce(a.credits_posted, 0)) <> (coalesce(e.debits, 0), coalesce(e.credits, 0))
)
select
  (select coalesce(json_agg(t), '[]') from (
     select currency, coalesce(sum(amount) filter (where code = 'usage.price'), 0)::text as price,
       coalesce(sum(amount) filter (where code = 'usage.cost'), 0)::text as cost
     from signed group by currency order by currency) t) as currencies,
  (select coalesce(json_agg(t), '[]') from (
     select currency, sum(debits_posted)::text as debits, sum(credits_posted)::text as credits
     from ledger.accounts group by currency order by currency) t) as sides,
  (select count(*)::text from wrong) as wrong,
  (select min(name) from wrong) as example`

/** What the ledger says and how far it has read, of one moment: call it within one snapshot. */
export async function ledgerTotals(
  tx: Queryable,
  partitions: number,
): Promise<{ totals: LedgerTotals; positions: PostedPosition[] }> {
  await tx.query(`set local statement_timeout = ${STATEMENT_MS_MAX}`)
  const positions = await readPositions(tx, LEDGER_CONSUMER, usageRatedTopic)
  const counted = await tx.query<{ events: string; rejected: string }>(
    'select coalesce(sum(events), 0)::text as events, coalesce(sum(rejected), 0)::text as rejected from ledger.postings',
  )
  const row = (await tx.query<TotalsRow>(TOTALS)).rows[0]!
  const { events, rejected } = counted.rows[0]!
  return {
    positions: postedPositions(positions, partitions),
    totals: {
      events: BigInt(events),
      rejected: BigInt(rejected),
      currencies: row.currencies.map(({ currency, price, cost }) => ({
        currency,
        priceNanos: BigInt(price),
        costNanos: BigInt(cost),
      })),
      sides: row.sides.map(({ currency, debits, credits }) => ({
        currency,
        debits: BigInt(debits),
        credits: BigInt(credits),
      })),
      wrongAccounts: BigInt(row.wrong),
      wrongExample: row.example,
    },
  }
}
