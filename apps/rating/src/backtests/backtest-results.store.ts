import type { BacktestAnswer, BacktestSort, BacktestWorkspace } from '@portitor/contracts'
import type { Queryable } from '@portitor/postgres'

type Comparison = BacktestAnswer['totals'][number]
interface AmountsRow extends Record<string, unknown> {
  readonly currency: string
  readonly price_before: string
  readonly cost_before: string
  readonly price_after: string
  readonly cost_after: string
  readonly refused: bigint
  readonly refused_price: string
  readonly refused_cost: string
}
interface WorkspaceRow extends AmountsRow {
  readonly workspace_id: string
  readonly events: bigint
  readonly whole_periods: boolean
}

const AMOUNTS = ['price_before', 'cost_before', 'price_after', 'cost_after', 'refused_price', 'refused_cost']

export type Summary = Pick<BacktestAnswer, 'events' | 'workspaces' | 'totals' | 'reasons' | 'failures'> & {
  /** Events expected, and those of them whose workspaces are done. */
  readonly expected: number
  readonly looked: number
}

/** What a back-test has found by now. */
export async function summarize(db: Queryable, id: string): Promise<Summary> {
  const { rows: counts } = await db.query<Record<string, bigint>>(
    `select count(*) filter (where status = 'replayed') as replayed, count(*) filter (where status = 'failed') as failed,
       count(*) filter (where status = 'replayed' and not whole_periods) as partial,
       coalesce(sum(events), 0)::bigint as events, coalesce(sum(expected), 0)::bigint as expected,
       coalesce(sum(expected) filter (where status <> 'waiting'), 0)::bigint as looked,
       (select count(distinct workspace_id) from rating.backtest_amounts where backtest_id = $1 and difference > 0) as more,
       (select count(distinct workspace_id) from rating.backtest_amounts where backtest_id = $1 and difference < 0) as less
     from rating.backtest_workspaces where backtest_id = $1`,
    [id],
  )
  const { rows: totals } = await db.query<AmountsRow>(
    `select currency, ${AMOUNTS.map((name) => `sum(${name})::text as ${name}`).join(', ')}, sum(refused)::bigint as refused
     from rating.backtest_amounts where backtest_id = $1 group by currency order by currency`,
    [id],
  )
  const { rows: reasons } = await db.query<{ code: string; detail: string; events: bigint }>(
    `select r->>'code' as code, min(r->>'detail') as detail, sum((r->>'events')::bigint)::bigint as events
     from rating.backtest_workspaces, jsonb_array_elements(reasons) r where backtest_id = $1
     group by 1 order by 3 desc, 1 limit 20`,
    [id],
  )
  const { rows: failures } = await db.query<{ workspace_id: string; error: string }>(
    `select workspace_id, error from rating.backtest_workspaces where backtest_id = $1 and status = 'failed'
     order by workspace_id limit 20`,
    [id],
  )
  const count = (name: string) => Number(counts[0]![name])
  return {
    events: count('events'),
    expected: count('expected'),
    looked: count('looked'),
    workspaces: {
      replayed: count('replayed'),
      failed: count('failed'),
      paying_more: count('more'),
      paying_less: count('less'),
      partial_periods: count('partial'),
    },
    totals: totals.map(comparisonOf),
    reasons: reasons.map(({ events, ...reason }) => ({ ...reason, events: Number(events) })),
    failures,
  }
}

/** Where a page ends: the value it is sorted by, the workspace and the currency. */
export interface ResultPlace {
  readonly value: string
  readonly workspaceId: string
  readonly currency: string
}

const orders: Readonly<Record<BacktestSort, { readonly column: string; readonly falls: boolean }>> = {
  pays_more: { column: 'difference', falls: true },
  pays_less: { column: 'difference', falls: false },
  price_before: { column: 'price_before', falls: true },
  price_after: { column: 'price_after', falls: true },
  margin_after: { column: 'margin_after', falls: true },
}

/** A page of the results, one more than `limit`, each with its place. */
export async function listResults(
  db: Queryable,
  id: string,
  page: { readonly sort: BacktestSort; readonly after: ResultPlace | undefined; readonly limit: number },
): Promise<{ readonly result: BacktestWorkspace; readonly place: ResultPlace }[]> {
  const { column, falls } = orders[page.sort]
  const [order, beyond] = falls ? ['desc', '<'] : ['asc', '>']
  const { rows } = await db.query<WorkspaceRow>(
    `select workspace_id, currency, ${AMOUNTS.map((name) => `a.${name}::text`).join(', ')}, a.refused, w.events,
       w.whole_periods, a.${column}::text as sorted_by
     from rating.backtest_amounts a join rating.backtest_workspaces w using (backtest_id, workspace_id)
     where backtest_id = $1
       and ($2::numeric is null or (a.${column}, workspace_id, currency) ${beyond} ($2::numeric, $3::uuid, $4::text))
     order by a.${column} ${order}, workspace_id ${order}, currency ${order} limit $5`,
    [id, page.after?.value ?? null, page.after?.workspaceId ?? null, page.after?.currency ?? null, page.limit],
  )
  return rows.map((row) => ({
    result: {
      workspace_id: row.workspace_id,
      ...comparisonOf(row),
      pays_more: BigInt(row.price_after) > BigInt(row.price_before),
      events: Number(row.events),
      whole_periods: row.whole_periods,
    },
    place: { value: String(row['sorted_by']), workspaceId: row.workspace_id, currency: row.currency },
  }))
}

function comparisonOf(row: AmountsRow): Comparison {
  return {
    currency: row.currency,
    before: sideOf(row.price_before, row.cost_before),
    after: sideOf(row.price_after, row.cost_after),
    difference_nanos: String(BigInt(row.price_after) - BigInt(row.price_before)),
    refused: { events: Number(row.refused), price_nanos: row.refused_price, cost_nanos: row.refused_cost },
  }
}

function sideOf(price: string, cost: string): Comparison['before'] {
  return { price_nanos: price, cost_nanos: cost, margin_nanos: String(BigInt(price) - BigInt(cost)) }
}
