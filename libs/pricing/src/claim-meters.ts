import type { CompiledBook, CompiledCharge } from './compile-book.ts'
import type { EvaluableModel } from './evaluate.ts'
import { bandOf, findRow } from './find-row.ts'
import type { CompiledBand, CompiledMatrix, CompiledRow } from './matrix.ts'
import { modelMissing, type Refusal, unknownModel } from './refusal.ts'
import { partsOf, totalOf } from './token-kinds.ts'
import type { ChargeUse, Usage } from './usage.ts'

export const requestsMeter = 'requests'

/** One event on its way through a book's charges. */
export interface Matching {
  readonly book: CompiledBook
  readonly usage: Usage
  /** Who prices each meter; the first claim stands. */
  readonly claims: Map<string, Claim>
  readonly uses: ClaimedUse[]
  /** A matrix named `requests` and priced this event's tokens by a row without a rate for it: the request is in the tokens' price. */
  requestsIncluded: boolean
  /** The input tokens for which the rows' bands hold: above `inputOver`, up to `inputUpTo`. */
  inputOver: bigint
  inputUpTo: bigint | undefined
}

/** A use without the quantities of any one event. */
export type ClaimedUse = Omit<ChargeUse, 'cells'>

export interface Claim {
  readonly use: ClaimedUse
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
  const use = claimedUse(matching.book, charge, meter)
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

  const band = bandOf(row, usage.quantities.get('input_tokens') ?? 0n)
  narrow(matching, row, band)
  const { group, rates } = band
  const use = { ...claimedUse(book, charge, group), provider: row.provider, model: row.model }
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

function claimedUse(book: CompiledBook, charge: CompiledCharge, group: string): ClaimedUse {
  const { side, version } = book
  return { key: JSON.stringify([side, charge.id, version, group]), charge: charge.id, version, group }
}

/** What was found holds for no other input than the band does. */
function narrow(matching: Matching, row: CompiledRow, band: CompiledBand): void {
  const at = row.bands.indexOf(band)
  const upTo = row.bands[at - 1]?.inputOver
  if (at < row.bands.length - 1 && band.inputOver > matching.inputOver) matching.inputOver = band.inputOver
  if (upTo !== undefined && (matching.inputUpTo === undefined || upTo < matching.inputUpTo)) matching.inputUpTo = upTo
}

/** The event has some of the meter, and no earlier charge has taken it. */
function isOpen({ usage, claims }: Matching, meter: string): boolean {
  const quantity = usage.quantities.get(meter)
  return quantity !== undefined && quantity > 0n && !claims.has(meter)
}
