import { oneUnit } from '@portitor/money'
import { claimByModel, claimMeters, type Matching, requestsMeter } from './claim-meters.ts'
import type { CompiledBook, CompiledCharge } from './compile-book.ts'
import { noCharge, noRate, partTooLarge, type Refusal } from './refusal.ts'
import { partsOf, totalOf } from './token-kinds.ts'
import type { ChargeUse, Usage } from './usage.ts'

export type Charged = { readonly uses: readonly ChargeUse[] } | { readonly refused: Refusal }

/**
 * Finds the charges of a book that an event falls under. Each meter is taken by the first charge that names it and whose
 * filter holds, so nothing is charged twice; a part with a rate of its own is taken out of its total, one without stays in it.
 * A matrix prices the whole request in the band of its input and counts one `requests` for each event, where its row
 * has such a rate. What has a quantity but no price is refused; on the cost side it costs nothing.
 */
export function chargesFor(book: CompiledBook, usage: Usage): Charged {
  const matching: Matching = { book, usage, claims: new Map(), uses: [], requestsIncluded: false }
  for (const charge of book.charges) {
    if (!holds(charge, usage)) continue
    if ('model' in charge.price) claimMeters(matching, charge, charge.price.model)
    else {
      const refused = claimByModel(matching, charge, charge.price.matrix)
      if (refused !== undefined) return { refused }
    }
  }
  for (const [meter, quantity] of usage.quantities) {
    if (quantity < 0n) throw new RangeError(`a quantity is never negative (M-10); got ${quantity} of ${meter}`)
    const refused = quantity === 0n ? undefined : judge(matching, meter, quantity)
    if (refused !== undefined) return { refused }
  }
  for (const [meter, { use, model }] of matching.claims) {
    const quantity = remainderOf(matching, meter)
    if (quantity > 0n && model !== undefined) use.cells.push({ cell: meter, model, quantity })
  }
  return { uses: matching.uses.filter((use) => use.cells.length > 0) }
}

function holds(charge: CompiledCharge, usage: Usage): boolean {
  for (const [name, value] of charge.filter) {
    const own = name === 'provider' || name === 'model' ? usage[name] : undefined
    if ((own ?? usage.attributes[name]) !== value) return false
  }
  return true
}

/** Refuses a meter whose parts are too large, or whose remainder nobody prices. */
function judge(matching: Matching, meter: string, quantity: bigint): Refusal | undefined {
  const total = totalOf(meter)
  if (total !== undefined && quantity > (matching.usage.quantities.get(total) ?? 0n)) return partTooLarge(meter, total)
  const remainder = remainderOf(matching, meter)
  if (remainder < 0n) return partTooLarge(`the parts of ${meter} together`, meter)
  if (remainder === 0n) return undefined
  const claim = matching.claims.get(meter)
  if (claim !== undefined) return claim.model === undefined ? noRate(matching.book, meter, claim.use) : undefined
  // A part that nobody took stays in its total, which is judged under its own name.
  if (matching.book.side === 'cost' || total !== undefined) return undefined
  return meter === requestsMeter && matching.requestsIncluded ? undefined : noCharge(matching.book, meter, remainder)
}

/** What of a meter is left once its parts that are priced by themselves are taken out. An event is one request where it does not say. */
function remainderOf({ usage, claims }: Matching, meter: string): bigint {
  let quantity = usage.quantities.get(meter) ?? (meter === requestsMeter ? oneUnit : 0n)
  for (const part of partsOf(meter)) if (claims.has(part)) quantity -= usage.quantities.get(part) ?? 0n
  return quantity
}
