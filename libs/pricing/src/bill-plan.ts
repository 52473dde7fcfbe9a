import { formatQuantity, parseQuantity, sum } from '@portitor/money'
import type { Charge } from './charge.ts'
import type { CompiledPlan } from './compile-plan.ts'
import type { CompiledCharge } from './compile-charge.ts'
import { compileModel, evaluate, type EvaluableModel } from './evaluate.ts'
import { evaluateEvents } from './evaluate-events.ts'
import { distinct, activeAgents, gatherUsage, type GatheredUsage, type PlanEvent } from './gather-usage.ts'
import type { PeriodDays } from './period-amounts.ts'
import { chargeFee, commitmentTrueUp, feeAmount, type FeeCounts, feeDue, minimumTrueUp } from './plan-fees.ts'
import type { Refusal } from './refusal.ts'

/** What a workspace did in one period of its plan. */
export interface PlanPeriod {
  readonly days: PeriodDays
  readonly seats: number
  readonly events: readonly PlanEvent[]
  /** The highest of each meter, for capacity; 10⁻⁹ units. */
  readonly peaks?: ReadonlyMap<string, bigint>
}

/** Amounts in nano-units of the plan's currency. */
export interface PlanBillLine {
  readonly id: string
  readonly kind: 'fee' | 'usage' | 'minimum' | 'commitment'
  /** Only a flat fee may be due before its period; everything else follows from it. */
  readonly due: 'in_advance' | 'in_arrears'
  readonly amount: bigint
}
export type PlanBill =
  | { readonly lines: readonly PlanBillLine[]; readonly total: bigint }
  | { readonly event: string; readonly refused: Refusal }

/**
 * What a period comes to (B-1): fees by what is counted, usage by the code that rates, what tops a charge up to its
 * minimum, and at last what tops the whole up to its commitment. Pure: the same period gives the same bill in any order of
 * its events. Refuses what nobody prices, so nothing is silently free.
 */
export function billPlan(compiled: CompiledPlan, period: PlanPeriod): PlanBill {
  const gathered = gatherUsage(compiled, period.events)
  if ('refused' in gathered) return gathered
  const counts = countsOf(period)
  const fees: PlanBillLine[] = []
  for (const fee of compiled.fees) {
    const amount = feeAmount(fee, counts, period.days)
    if (amount === undefined)
      return {
        event: fee.fee.id,
        refused: { code: 'pricing.no_rate', detail: `no tier of fee ${fee.fee.id} holds the peaks` },
      }
    fees.push({ id: fee.fee.id, kind: 'fee', due: feeDue(fee), amount })
  }
  const usage: PlanBillLine[] = []
  for (const [index, charge] of compiled.book.charges.entries()) {
    const billed = chargeLines(compiled, index, charge, gathered, period)
    if ('refused' in billed) return billed
    usage.push(...billed.lines)
  }
  const lines = [...fees, ...usage]
  const commitment = commitmentTrueUp(compiled, period.days, sum(lines.map((line) => line.amount)))
  if (commitment !== undefined)
    lines.push({ id: 'commitment', kind: 'commitment', due: 'in_arrears', amount: commitment.owed })
  return { lines, total: sum(lines.map((line) => line.amount)) }
}

function countsOf({ seats, events, peaks }: PlanPeriod): FeeCounts {
  return { seats, agents: activeAgents(events), workflows: distinct(events, 'workflow'), peaks: peaks ?? new Map() }
}

function chargeLines(
  compiled: CompiledPlan,
  index: number,
  { id, price }: CompiledCharge,
  { totals, byEvent, agents }: GatheredUsage,
  { days }: PlanPeriod,
): { readonly lines: PlanBillLine[] } | { readonly event: string; readonly refused: Refusal } {
  const charge = compiled.plan.charges[index]!
  let amount: bigint
  if ('byEvent' in price) {
    const evaluated = evaluateEvents(price.byEvent.model, price.byEvent.rule, byEvent.get(id)!)
    if ('refused' in evaluated) return evaluated
    amount = evaluated.total
  } else {
    const segments = [...totals.get(id)!.values()]
    amount =
      chargeFee(compiled, index, segments.length) +
      sum(segments.map(({ model, quantity }) => segmentAmount(charge, model, quantity, agents)))
  }
  const lines: PlanBillLine[] = [{ id, kind: 'usage', due: 'in_arrears', amount }]
  const minimum = minimumTrueUp(compiled, index, days, amount)
  if (minimum !== undefined) lines.push({ id, kind: 'minimum', due: 'in_arrears', amount: minimum.owed })
  return { lines }
}

/** An allowance for each agent in one total is as large as the agents are many. */
function segmentAmount(charge: Charge, model: EvaluableModel, quantity: bigint, agents: number): bigint {
  const free = charge.quantity?.free
  if (free?.per !== 'agent' || charge.scope === 'agent' || model.model !== 'composed') return evaluate(model, quantity)
  const units = formatQuantity(parseQuantity(free.units) * BigInt(agents))
  return evaluate(
    compileModel({ ...model.price, quantity: { ...model.price.quantity, free: { ...free, units } } }),
    quantity,
  )
}
