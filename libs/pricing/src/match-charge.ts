import { oneUnit, sum } from '@portitor/money'
import { type EventClaim, requestsMeter, useKey } from './claim-meters.ts'
import type { CompiledBook } from './compile-book.ts'
import { type ChargePlan, type PlannedUse, planFor } from './plan-charges.ts'
import { agentMissing, noCharge, noRate, partTooLarge, type Refusal } from './refusal.ts'
import { partsOf, totalOf } from './token-kinds.ts'
import type { Cell, ChargeUse, EventUse, Usage } from './usage.ts'

/** `byEvent`: charges that price the event by itself, where a plan has such; a published book has none. */
export type Charged =
  { readonly uses: readonly ChargeUse[]; readonly byEvent?: readonly EventUse[] } | { readonly refused: Refusal }

/**
 * Finds the charges of a book that an event falls under. Each meter is taken by the first charge that names it and whose
 * filter holds, so nothing is charged twice; a part with a rate of its own is taken out of its total, one without stays in it.
 * A matrix prices the whole request in the band of its input and counts one `requests` for each event, where its row
 * has such a rate. What has a quantity but no price is refused; on the cost side it costs nothing.
 */
export function chargesFor(book: CompiledBook, usage: Usage): Charged {
  const plan = planFor(book, usage)
  const agent = usage.attributes['agent_id']
  if (plan.agentCharge !== undefined && !agent) return { refused: agentMissing(plan.agentCharge) }
  if (plan.refused !== undefined) return { refused: plan.refused }
  for (const [meter, quantity] of usage.quantities) {
    if (quantity < 0n) throw new RangeError(`a quantity is never negative (M-10); got ${quantity} of ${meter}`)
    const refused = quantity === 0n ? undefined : judge(book, plan, usage, meter, quantity)
    if (refused !== undefined) return { refused }
  }
  const uses: ChargeUse[] = []
  for (const { use, cells: planned } of plan.uses) {
    const cells = cellsOf(plan, usage, planned)
    if (cells.length === 0) continue
    if (use.byAgent) uses.push({ ...ofAgent(book, use.named, agent!), cells })
    else uses.push({ ...use.named, cells })
  }
  return plan.byEvent.length === 0 ? { uses } : { uses, byEvent: plan.byEvent.map((claim) => eventUse(claim, usage)) }
}

function eventUse({ named, meters }: EventClaim, { quantities }: Usage): EventUse {
  return { ...named, quantity: sum(meters.map((meter) => quantities.get(meter)!)) }
}

function cellsOf(plan: ChargePlan, usage: Usage, planned: PlannedUse['cells']): Cell[] {
  const cells: Cell[] = []
  for (const { cell, model, meter, others } of planned) {
    let quantity = remainderOf(plan, usage, meter)
    for (const other of others) quantity += remainderOf(plan, usage, other)
    if (quantity > 0n) cells.push({ cell, model, quantity })
  }
  return cells
}

/** Each agent has a segment of its own. */
function ofAgent(book: CompiledBook, named: PlannedUse['use']['named'], agent: string): PlannedUse['use']['named'] {
  const group = `${named.group}~${agent}`
  return { ...named, group, key: useKey(book.side, named, group) }
}

/** Refuses a meter whose parts are too large, or whose remainder nobody prices. */
function judge(
  book: CompiledBook,
  plan: ChargePlan,
  usage: Usage,
  meter: string,
  quantity: bigint,
): Refusal | undefined {
  const total = totalOf(meter)
  if (total !== undefined && quantity > (usage.quantities.get(total) ?? 0n)) return partTooLarge(meter, total)
  const remainder = remainderOf(plan, usage, meter)
  if (remainder < 0n) return partTooLarge(`the parts of ${meter} together`, meter)
  if (remainder === 0n) return undefined
  const claim = plan.claims.get(meter)
  if (claim !== undefined)
    return claim.use === undefined || claim.model !== undefined ? undefined : noRate(book, meter, claim.use.named)
  // A part that nobody took stays in its total, which is judged under its own name.
  if (book.side === 'cost' || total !== undefined) return undefined
  return meter === requestsMeter && plan.requestsIncluded ? undefined : noCharge(book, meter, remainder)
}

/** What of a meter is left once its parts that are priced by themselves are taken out. An event is one request where it does not say. */
function remainderOf({ claims }: ChargePlan, usage: Usage, meter: string): bigint {
  let quantity = usage.quantities.get(meter) ?? (meter === requestsMeter ? oneUnit : 0n)
  for (const part of partsOf(meter)) if (claims.has(part)) quantity -= usage.quantities.get(part) ?? 0n
  return quantity
}
