import { oneUnit } from '@portitor/money'
import { requestsMeter } from './claim-meters.ts'
import type { CompiledBook } from './compile-book.ts'
import { type ChargePlan, planFor } from './plan-charges.ts'
import { noCharge, noRate, partTooLarge, type Refusal } from './refusal.ts'
import { partsOf, totalOf } from './token-kinds.ts'
import type { Cell, ChargeUse, Usage } from './usage.ts'

export type Charged = { readonly uses: readonly ChargeUse[] } | { readonly refused: Refusal }

/**
 * Finds the charges of a book that an event falls under. Each meter is taken by the first charge that names it and whose
 * filter holds, so nothing is charged twice; a part with a rate of its own is taken out of its total, one without stays in it.
 * A matrix prices the whole request in the band of its input and counts one `requests` for each event, where its row
 * has such a rate. What has a quantity but no price is refused; on the cost side it costs nothing.
 */
export function chargesFor(book: CompiledBook, usage: Usage): Charged {
  const plan = planFor(book, usage)
  if (plan.refused !== undefined) return { refused: plan.refused }
  for (const [meter, quantity] of usage.quantities) {
    if (quantity < 0n) throw new RangeError(`a quantity is never negative (M-10); got ${quantity} of ${meter}`)
    const refused = quantity === 0n ? undefined : judge(book, plan, usage, meter, quantity)
    if (refused !== undefined) return { refused }
  }
  const uses: ChargeUse[] = []
  for (const claimed of plan.uses) {
    const cells: Cell[] = []
    for (const { meter, model } of claimed.cells) {
      const quantity = remainderOf(plan, usage, meter)
      if (quantity > 0n) cells.push({ cell: meter, model, quantity })
    }
    if (cells.length > 0) uses.push({ ...claimed.use, cells })
  }
  return { uses }
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
  if (claim !== undefined) return claim.model === undefined ? noRate(book, meter, claim.use) : undefined
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
