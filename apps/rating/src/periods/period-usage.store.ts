import type { Queryable } from '@portitor/postgres'

/** What the segments of one charge have come to in a period, in nano-units; every version and group of it, trials at nothing. */
export interface UsedCharge {
  readonly charge: string
  /** Undefined: the price book. */
  readonly plan: string | undefined
  readonly amount: bigint
  /** How many groups and cells have any usage outside of trials, on whatever terms: agents, where each has a total of its own. */
  readonly segments: number
}

/**
 * The price side of a workspace's counters, summed by plan and charge, as long as it is open: after its close they go on, and adjustments are in them. One statement, so one moment. As many as the charges that price something; where corrections
 * have moved all of it elsewhere there is nothing to show.
 */
export async function sumUsage(tx: Queryable, workspaceId: string, period: string): Promise<UsedCharge[]> {
  const { rows } = await tx.query<{ plan: string; charge: string; amount: string; segments: number }>({
    name: 'rating.sum_usage',
    text: `select plan, charge, sum((cell.value ->> 1)::numeric)::text as amount,
             count(distinct (regexp_replace(segment, '^[0-9a-f]{16}~', ''), cell.key))
               filter (where (cell.value ->> 0)::numeric <> 0 and segment not like 'trial~%')::int as segments
           from rating.charge_counters, jsonb_each(cells) cell
           where workspace_id = $1 and period = $2 and side = 'price'
           group by plan, charge having bool_or((cell.value ->> 0)::numeric <> 0) order by plan, charge`,
    values: [workspaceId, period],
  })
  return rows.map(({ plan, charge, amount, segments }) => ({
    charge,
    plan: plan === '' ? undefined : plan,
    amount: BigInt(amount),
    segments,
  }))
}
