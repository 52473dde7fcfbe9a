import { type Queryable, textArray, uuidTextArray } from '@portitor/postgres'
import type { RatedUse } from '../rater/rate-batch.ts'
import type { PlannedUsage } from '../rater/plan-usage.ts'

/** What an event owes after the close of its period. */
export interface Adjusting {
  readonly planned: Pick<PlannedUsage, 'event' | 'period'>
  readonly price: readonly Pick<RatedUse, 'use' | 'amount'>[]
  /** Undefined: the period was open, and it is no adjustment. */
  readonly billedIn: string | undefined
}

interface Adjustment {
  readonly workspaceId: string
  readonly period: string
  readonly billedIn: string
  readonly plan: string
  readonly charge: string
  readonly amount: bigint
}

/** Adds what was rated into closed periods to the periods that it is billed in (M-8); in key order, so that batches never deadlock. */
export async function noteAdjustments(tx: Queryable, rated: Iterable<Adjusting>): Promise<void> {
  const sums = sumsOf(rated)
  if (sums.length === 0) return
  await tx.query({
    name: 'rating.note_adjustments',
    text: `insert into rating.adjustments as a (workspace_id, period, billed_in, plan, charge, amount)
           select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::numeric[]) order by 1, 3, 2, 4, 5
           on conflict (workspace_id, billed_in, period, plan, charge) do update set amount = a.amount + excluded.amount`,
    values: [
      uuidTextArray(sums, ({ workspaceId }) => workspaceId),
      textArray(sums, ({ period }) => period),
      textArray(sums, ({ billedIn }) => billedIn),
      textArray(sums, ({ plan }) => plan),
      textArray(sums, ({ charge }) => charge),
      sums.map(({ amount }) => amount),
    ],
  })
}

/** An adjustment as a bill reads it. `period` is that of the usage; `plan` undefined: the price book. */
export interface BilledAdjustment {
  readonly period: string
  readonly plan: string | undefined
  readonly charge: string
  readonly amount: bigint
}

/** What of earlier periods is billed in a period. */
export async function findAdjustments(
  tx: Queryable,
  workspaceId: string,
  billedIn: string,
): Promise<BilledAdjustment[]> {
  const { rows } = await tx.query<{ period: string; plan: string; charge: string; amount: string }>(
    `select period, plan, charge, amount::text from rating.adjustments
     where workspace_id = $1 and billed_in = $2 order by period, plan, charge`,
    [workspaceId, billedIn],
  )
  return rows.map(({ plan, amount, ...row }) => ({
    ...row,
    plan: plan === '' ? undefined : plan,
    amount: BigInt(amount),
  }))
}

function sumsOf(rated: Iterable<Adjusting>): Adjustment[] {
  const sums = new Map<string, Adjustment>()
  for (const { planned, price, billedIn } of rated) {
    if (billedIn === undefined) continue
    const { workspaceId } = planned.event
    const period = planned.period.label
    for (const { use, amount } of price) {
      const { charge, plan = '' } = use
      const key = JSON.stringify([workspaceId, period, billedIn, plan, charge])
      const sum = (sums.get(key)?.amount ?? 0n) + amount
      sums.set(key, { workspaceId, period, billedIn, plan, charge, amount: sum })
    }
  }
  return [...sums.values()]
}
