import { capacityAmount } from './capacity.ts'
import { type CompiledFee, type CompiledPlan, minimumOf } from './compile-plan.ts'
import { feeAtZero } from './evaluate.ts'
import { type PeriodDays, prorate, trueUp } from './period-amounts.ts'

/** How many there are of what fees are counted by, in one period. */
export interface FeeCounts {
  readonly seats: number
  /** Agents with at least one event in the period; workflows likewise. */
  readonly agents: number
  readonly workflows: number
  /** The highest of each meter, for capacity; 10⁻⁹ units. Undefined: nobody knows them. */
  readonly peaks?: ReadonlyMap<string, bigint> | undefined
}

/** How many times a fee is owed. */
export function countOf({ fee }: CompiledFee, { seats, agents, workflows }: FeeCounts): number {
  return { workspace: 1, active_agent: agents, seat: seats, workflow: workflows }[fee.per]
}

/**
 * A recurring fee of a period (B-1) in nano-units; for the days billed only where it says so. Undefined where it follows from
 * peaks that no tier holds, or that nobody knows. Throws `RangeError` for days that are none.
 */
export function feeAmount(compiled: CompiledFee, counts: FeeCounts, days: PeriodDays): bigint | undefined {
  const { fee, price } = compiled
  const each = 'amount' in price ? price.amount : counts.peaks && capacityAmount(price.capacity, counts.peaks)
  if (each === undefined) return undefined
  const amount = each * BigInt(countOf(compiled, counts))
  return fee.prorated === true ? prorate(amount, days) : amount
}

/** Only a flat fee may be due before its period; everything else follows from it. */
export function feeDue({ fee }: CompiledFee): 'in_advance' | 'in_arrears' {
  return fee.price.model === 'flat' ? fee.price.due : 'in_arrears'
}

/**
 * What a charge owes in a period before any usage: a first flat amount of `every_period`, once, or for each segment that
 * `agentSegments` counts where every agent has a total of its own. `index` is the charge's place in the plan.
 */
export function chargeFee({ book }: CompiledPlan, index: number, agentSegments: number): bigint {
  const { price, scope } = book.charges[index]!
  if (!('model' in price)) return 0n
  return feeAtZero(price.model) * BigInt(scope === 'agent' ? agentSegments : 1)
}

/** What was committed to, and what is short of it; nano-units. */
export interface Committed {
  readonly committed: bigint
  readonly owed: bigint
}

/** What tops a charge up to its minimum, `amount` being all that it comes to otherwise. Undefined: it has none. */
export function minimumTrueUp(
  { plan }: CompiledPlan,
  index: number,
  days: PeriodDays,
  amount: bigint,
): Committed | undefined {
  const charge = plan.charges[index]!
  return topped(minimumOf(charge, plan), charge.amount?.min?.prorated, days, amount)
}

/** What tops a period up to the plan's commitment, `amount` being all that it comes to otherwise. Undefined: it has none. */
export function commitmentTrueUp(
  { plan, commitment }: CompiledPlan,
  days: PeriodDays,
  amount: bigint,
): Committed | undefined {
  return topped(commitment, plan.commitment?.prorated, days, amount)
}

function topped(
  full: bigint | undefined,
  prorated: boolean | undefined,
  days: PeriodDays,
  amount: bigint,
): Committed | undefined {
  if (full === undefined) return undefined
  const committed = prorated === true ? prorate(full, days) : full
  return { committed, owed: trueUp(committed, amount) }
}
