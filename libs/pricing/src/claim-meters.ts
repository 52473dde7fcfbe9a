import type { CompiledBook, CompiledCharge } from './compile-book.ts'
import type { EvaluableModel } from './evaluate.ts'
import { bandOf, findRow } from './find-row.ts'
import type { CompiledMatrix } from './matrix.ts'
import { modelMissing, type Refusal, unknownModel } from './refusal.ts'
import { partsOf, totalOf } from './token-kinds.ts'
import type { Cell, ChargeUse, Usage } from './usage.ts'

export const requestsMeter = 'requests'

/** One event on its way through a book's charges. */
export interface Matching {
  readonly book: CompiledBook
  readonly usage: Usage
  /** Who prices each meter; the first claim stands. */
  readonly claims: Map<string, Claim>
  readonly uses: OpenUse[]
  /** A matrix named `requests` and priced this event's tokens by a row without a rate for it: the request is in the tokens' price. */
  requestsIncluded: boolean
}

type OpenUse = ChargeUse & { readonly cells: Cell[] }

interface Claim {
  readonly use: OpenUse
  /** Undefined where the claiming row has no rate: a refusal if anything of the meter remains. */
  readonly model: EvaluableModel | undefined
}

/** Claims every open meter that a charge with one model names: a segment group each. */
export function claimMeters(matching: Matching, charge: CompiledCharge, model: EvaluableModel): void {
  for (const meter of charge.meters) if (isOpen(matching, meter)) claimMeter(matching, charge, model, meter)
  for (const prefix of charge.meterPrefixes)
    for (const meter of matching.usage.quantities.keys())
      if (meter.startsWith(prefix) && isOpen(matching, meter)) claimMeter(matching, charge, model, meter)
}

function claimMeter(matching: Matching, charge: CompiledCharge, model: EvaluableModel, meter: string): void {
  const use: OpenUse = { charge: charge.id, version: matching.book.version, group: meter, cells: [] }
  matching.uses.push(use)
  matching.claims.set(meter, { use, model })
}

/** Claims the open meters that a matrix names, and those of their parts for which the model's row has a rate. */
export function claimByModel(matching: Matching, charge: CompiledCharge, matrix: CompiledMatrix): Refusal | undefined {
  const { book, usage, claims } = matching
  const open = charge.meters.filter((meter) => totalOf(meter) === undefined && isOpen(matching, meter))
  if (open[0] === undefined) return undefined
  if (usage.model === undefined || usage.model === '') return modelMissing(open[0])
  const row = findRow(matrix, usage.provider, usage.model)
  if (row === undefined) return unknownModel(book, usage.provider, usage.model)

  const { group, rates } = bandOf(row, usage.quantities.get('input_tokens') ?? 0n)
  const { provider, model } = row
  const use: OpenUse = { charge: charge.id, version: book.version, group, provider, model, cells: [] }
  matching.uses.push(use)
  for (const meter of open) {
    if (meter === requestsMeter && open.length > 1) matching.requestsIncluded = true
    else claims.set(meter, { use, model: rates.get(meter) })
    for (const part of partsOf(meter)) {
      const rate = rates.get(part)
      if (rate !== undefined && isOpen(matching, part)) claims.set(part, { use, model: rate })
    }
  }
  const perRequest = rates.get(requestsMeter)
  if (perRequest !== undefined && !claims.has(requestsMeter)) claims.set(requestsMeter, { use, model: perRequest })
  return undefined
}

/** The event has some of the meter, and no earlier charge has taken it. */
function isOpen({ usage, claims }: Matching, meter: string): boolean {
  const quantity = usage.quantities.get(meter)
  return quantity !== undefined && quantity > 0n && !claims.has(meter)
}
