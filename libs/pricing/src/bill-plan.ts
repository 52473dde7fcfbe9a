import { formatQuantity, parseQuantity, sum } from '@portitor/money'
import { capacityAmount } from './capacity.ts'
import type { Charge } from './charge.ts'
import { type CompiledFee, type CompiledPlan, minimumOf } from './compile-plan.ts'
import type { CompiledCharge } from './compile-charge.ts'
import { compileModel, evaluate, type EvaluableModel, feeAtZero } from './evaluate.ts'
import { evaluateEvents } from './evaluate-events.ts'
import { distinct, activeAgents, gatherUsage, type GatheredUsage, type PlanEvent } from './gather-usage.ts'
import { type PeriodDays, prorate, trueUp } from './period-amounts.ts'
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
  const fees: PlanBillLine[] = []
  for (const fee of compiled.fees) {
    const amount = feeAmount(fee, period)
    if (amount === undefined)
      return {
        event: fee.fee.id,
        refused: { code: 'pricing.no_rate', detail: `no tier of fee ${fee.fee.id} holds the peaks` },
      }
    fees.push({ id: fee.fee.id, kind: 'fee', due: dueOf(fee), amount })
  }
  const usage: PlanBillLine[] = []
  for (const [index, charge] of compiled.book.charges.entries()) {
    const billed = chargeLines(compiled, index, charge, gathered, period)
    if ('refused' in billed) return billed
    usage.push(...billed.lines)
  }
  const lines = [...fees, ...usage]
  const { commitment, plan } = compiled
  if (commitment !== undefined) {
    const committed = plan.commitment?.prorated === true ? prorate(commitment, period.days) : commitment
    lines.push({
      id: 'commitment',
      kind: 'commitment',
      due: 'in_arrears',
      amount: trueUp(committed, sum(lines.map((line) => line.amount))),
    })
  }
  return { lines, total: sum(lines.map((line) => line.amount)) }
}

function feeAmount({ fee, price }: CompiledFee, { days, seats, events, peaks }: PlanPeriod): bigint | undefined {
  const counted = {
    workspace: 1,
    active_agent: activeAgents(events),
    seat: seats,
    workflow: distinct(events, 'workflow'),
  }
  const each = 'amount' in price ? price.amount : capacityAmount(price.capacity, peaks ?? new Map())
  if (each === undefined) return undefined
  const amount = each * BigInt(counted[fee.per])
  return fee.prorated === true ? prorate(amount, days) : amount
}

function chargeLines(
  { plan }: CompiledPlan,
  index: number,
  { id, price }: CompiledCharge,
  { totals, byEvent, agents }: GatheredUsage,
  { days }: PlanPeriod,
): { readonly lines: PlanBillLine[] } | { readonly event: string; readonly refused: Refusal } {
  const charge = plan.charges[index]!
  let amount: bigint
  if ('byEvent' in price) {
    const evaluated = evaluateEvents(price.byEvent.model, price.byEvent.rule, byEvent.get(id)!)
    if ('refused' in evaluated) return evaluated
    amount = evaluated.total
  } else {
    const fees = 'model' in price && charge.scope !== 'agent' ? feeAtZero(price.model) : 0n
    amount =
      fees +
      sum([...totals.get(id)!.values()].map(({ model, quantity }) => segmentAmount(charge, model, quantity, agents)))
  }
  const lines: PlanBillLine[] = [{ id, kind: 'usage', due: 'in_arrears', amount }]
  const min = minimumOf(charge, plan)
  if (min !== undefined) {
    const committed = charge.amount?.min?.prorated === true ? prorate(min, days) : min
    lines.push({ id, kind: 'minimum', due: 'in_arrears', amount: trueUp(committed, amount) })
  }
  return { lines }
}

function dueOf({ fee }: CompiledFee): PlanBillLine['due'] {
  return fee.price.model === 'flat' ? fee.price.due : 'in_arrears'
}

/** An allowance for each agent in one total is as large as the agents are many. */
function segmentAmount(charge: Charge, model: EvaluableModel, quantity: bigint, agents: number): bigint {
  const free = charge.quantity?.free
  const own = charge.scope === 'agent' ? feeAtZero(model) : 0n
  if (free?.per !== 'agent' || charge.scope === 'agent' || model.model !== 'composed')
    return own + evaluate(model, quantity)
  const units = formatQuantity(parseQuantity(free.units) * BigInt(agents))
  return evaluate(
    compileModel({ ...model.price, quantity: { ...model.price.quantity, free: { ...free, units } } }),
    quantity,
  )
}
