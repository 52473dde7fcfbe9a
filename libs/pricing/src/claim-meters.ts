import type { BookSide } from './charge.ts'
import type { CompiledBook } from './compile-book.ts'
import type { ChargeOrigin, CompiledCharge } from './compile-charge.ts'
import type { EvaluableModel } from './evaluate.ts'
import type { EventPricing } from './event-pricing.ts'
import { bandOf, findRow, variantOf } from './find-row.ts'
import type { CompiledBand, CompiledMatrix, CompiledVariant } from './matrix.ts'
import { modelMissing, noVariant, type Refusal, unknownModel } from './refusal.ts'
import { partsOf, totalOf } from './token-kinds.ts'
import type { ChargeUse, EventUse, Usage } from './usage.ts'

export const requestsMeter = 'requests'

/** One event on its way through a book's charges. */
export interface Matching {
  readonly book: CompiledBook
  readonly usage: Usage
  /** Who prices each meter; the first claim stands. */
  readonly claims: Map<string, Claim>
  readonly uses: ClaimedUse[]
  /** Charges that price the event by itself, not by a total. */
  readonly byEvent: EventClaim[]
  /** The first charge that counts by agent. */
  agentCharge: string | undefined
  /** A matrix named `requests` and priced this event's tokens by a row without a rate for it: the request is in the tokens' price. */
  requestsIncluded: boolean
  /** The input tokens for which the rows' bands hold: above `inputOver`, up to `inputUpTo`. */
  inputOver: bigint
  inputUpTo: bigint | undefined
}

/** A use without the quantities of any one event, nor its agent. */
export interface ClaimedUse {
  readonly named: Omit<ChargeUse, 'cells'>
  /** Each agent has a segment group of its own. */
  readonly byAgent: boolean
}

/** What a charge that prices by event took. */
export interface EventClaim {
  readonly named: Omit<EventUse, 'quantity'>
  readonly meters: readonly string[]
}

export interface Claim {
  /** Undefined where the meter is priced with its event. */
  readonly use: ClaimedUse | undefined
  /** Undefined where the claiming row has no rate: a refusal if anything of the meter remains. */
  readonly model: EvaluableModel | undefined
  /** What the meter is counted under, where it is not its own name. */
  readonly cell?: string
}

/** Claims every open meter that a charge with one model names: a segment group each, or one where they count together. */
export function claimMeters(matching: Matching, charge: CompiledCharge, model: EvaluableModel): void {
  const open = openMeters(matching, charge)
  if (open.length === 0) return
  if (charge.scope === 'agent') matching.agentCharge ??= charge.id
  if (charge.together) {
    const cell = [...charge.meters, ...charge.meterPrefixes].join('+')
    const use = claimUse(matching, charge, cell)
    for (const meter of open) matching.claims.set(meter, { use, model, cell })
  } else for (const meter of open) matching.claims.set(meter, { use: claimUse(matching, charge, meter), model })
}

/** Claims every open meter of a charge that prices events one by one: whoever settles the period evaluates them. */
export function claimByEvent(matching: Matching, charge: CompiledCharge, pricing: EventPricing): void {
  const meters = openMeters(matching, charge)
  if (meters.length === 0) return
  matching.byEvent.push({ named: { ...namedBy(matching.book.side, charge, 'events'), pricing }, meters })
  for (const meter of meters) matching.claims.set(meter, { use: undefined, model: undefined })
}

/** Claims the open meters that a matrix names, and those of their parts for which the model's row has a rate. */
export function claimByModel(matching: Matching, charge: CompiledCharge, matrix: CompiledMatrix): Refusal | undefined {
  const { book, usage, claims } = matching
  const open = charge.meters.filter((meter) => totalOf(meter) === undefined && isOpen(matching, meter))
  if (open[0] === undefined) return undefined
  if (usage.model === undefined || usage.model === '') return modelMissing(open[0])
  const row = findRow(matrix, usage.provider, usage.model)
  if (row === undefined) return unknownModel(book, usage.provider, usage.model)
  const variant = variantOf(row, usage)
  if (variant === undefined) return noVariant(book, row)

  const band = bandOf(variant, usage.quantities.get('input_tokens') ?? 0n)
  narrow(matching, variant, band)
  const { group, rates } = band
  const use = claimUse(matching, charge, group, { provider: row.provider, model: row.model })
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

/** Side, charge, what published it and group as one text. */
export function useKey(side: BookSide, { charge, plan, version }: NamedUse, group: string): string {
  return JSON.stringify(plan === undefined ? [side, charge, version, group] : [side, charge, version, group, plan])
}

type NamedUse = Pick<ChargeUse, 'charge' | 'plan' | 'version'>

/** Segments of a trial or an override lie apart from those of the published charge: each has one F for good. */
function namedBy(side: BookSide, { id, origin }: CompiledCharge, of: string) {
  const group = origin.terms === '' ? of : `${origin.terms}~${of}`
  const named = { charge: id, version: origin.version, ...ofPlan(origin) }
  return { key: useKey(side, named, group), ...named, group, ...(origin.atOnce ? { atOnce: true as const } : {}) }
}

function ofPlan({ plan }: ChargeOrigin) {
  return plan === undefined ? {} : { plan }
}

function claimUse(
  { book, uses }: Matching,
  charge: CompiledCharge,
  group: string,
  row?: { readonly provider: string; readonly model: string },
): ClaimedUse {
  const use = { named: { ...namedBy(book.side, charge, group), ...row }, byAgent: charge.scope === 'agent' }
  uses.push(use)
  return use
}

/** What was found holds for no other input than the band does. */
function narrow(matching: Matching, { bands }: CompiledVariant, band: CompiledBand): void {
  const at = bands.indexOf(band)
  const upTo = bands[at - 1]?.inputOver
  if (at < bands.length - 1 && band.inputOver > matching.inputOver) matching.inputOver = band.inputOver
  if (upTo !== undefined && (matching.inputUpTo === undefined || upTo < matching.inputUpTo)) matching.inputUpTo = upTo
}

/** Each meter once, though a charge may name it and what it begins with. */
function openMeters(matching: Matching, { meters, meterPrefixes }: CompiledCharge): string[] {
  const open = new Set(meters.filter((meter) => isOpen(matching, meter)))
  for (const prefix of meterPrefixes)
    for (const meter of matching.usage.quantities.keys())
      if (meter.startsWith(prefix) && isOpen(matching, meter)) open.add(meter)
  return [...open]
}

/** The event has some of the meter, and no earlier charge has taken it. */
function isOpen({ usage, claims }: Matching, meter: string): boolean {
  const quantity = usage.quantities.get(meter)
  return quantity !== undefined && quantity > 0n && !claims.has(meter)
}
