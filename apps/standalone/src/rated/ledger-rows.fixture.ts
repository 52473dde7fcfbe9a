import type { Queryable } from '@portitor/postgres'

/** What each account of a workspace has come to: credits less debits, or the other way round where debits are its nature. */
export async function accountsOf(tx: Queryable, workspace: string): Promise<Record<string, bigint>> {
  const { rows } = await tx.query<{ kind: string; balance: string }>(
    `select kind, (case when kind like any('{receivable:%,cogs:%}') then debits_posted - credits_posted
                        else credits_posted - debits_posted end)::text as balance
     from ledger.accounts where workspace_id = $1 order by kind`,
    [workspace],
  )
  return Object.fromEntries(rows.map(({ kind, balance }) => [kind, BigInt(balance)]))
}

/** Every transfer of a workspace as text, all of its columns: what is edited is not the same text. */
export async function transfersOf(tx: Queryable, workspace: string): Promise<string[]> {
  const { rows } = await tx.query<{ line: string }>(
    'select t::text as line from ledger.transfers t where workspace_id = $1 order by recorded_at, id',
    [workspace],
  )
  return rows.map(({ line }) => line)
}

/**
 * Where what the segments' counters have come to is not what the ledger's transfers sum to, by charge and billing period of the
 * price, and by workspace of the cost. Labels with a time of day are not told apart here.
 */
export async function differences(tx: Queryable): Promise<unknown[]> {
  const { rows } = await tx.query(`
    with counted as (
      select workspace_id, side, case side when 'price' then charge else '' end as charge,
        case side when 'price' then period else '' end as period, sum((cell.value ->> 1)::numeric) as amount
      from rating.charge_counters, jsonb_each(cells) cell group by 1, 2, 3, 4
    ), legs as (
      select t.workspace_id, a.kind, case when a.id = t.credit_account then t.amount_nanos else -t.amount_nanos end as amount
      from ledger.transfers t join ledger.accounts a on a.workspace_id = t.workspace_id and a.id in (t.credit_account, t.debit_account)
    ), posted as (
      select workspace_id, case when kind like 'revenue:%' then 'price' else 'cost' end as side,
        case when kind like 'revenue:%' then split_part(kind, ':', 2) else '' end as charge,
        case when kind like 'revenue:%' then coalesce(nullif(split_part(kind, ':', 4), ''), split_part(kind, ':', 3)) else '' end as period,
        sum(amount) as amount
      from legs where kind like any('{revenue:%,provider_payable:%}') group by 1, 2, 3, 4
    )
    select workspace_id, side, charge, period, coalesce(c.amount, 0)::text as counted, coalesce(p.amount, 0)::text as posted
    from counted c full join posted p using (workspace_id, side, charge, period)
    where coalesce(c.amount, 0) <> coalesce(p.amount, 0)`)
  return rows
}
