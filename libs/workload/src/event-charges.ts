import type { Rejection } from '@portitor/contracts'
import { type MeterIndex, readQuantity, type UsageEvent } from '@portitor/metering'
import {
  chargesFor,
  type ChargeUse,
  type CompiledBook,
  type EventUse,
  inForce,
  missing,
  type PricedEvent,
} from '@portitor/pricing'
import { type Subscribed, SubscribedBooks, type Terms } from './subscribed-books.ts'

/** What events are judged and priced by: everything that is published and in force at some time of theirs. */
export interface Catalog {
  readonly meters: MeterIndex
  readonly price: readonly CompiledBook[]
  readonly cost: readonly CompiledBook[]
  /** Absent where no workspace of the workload is subscribed. */
  readonly subscribed?: Subscribed
}

/** What an event falls under on both sides. */
export interface ChargedEvent {
  readonly event: UsageEvent
  readonly terms: Terms
  readonly currency: string
  /** `provider/model` as the books name it; the type of an event without a model. */
  readonly model: string
  readonly price: readonly ChargeUse[]
  readonly byEvent: readonly { readonly use: EventUse; readonly priced: PricedEvent }[]
  readonly cost: readonly ChargeUse[]
}

/** Finds what an event owes by at its own time, or why nobody prices it. Throws where price and cost differ in currency. */
export function chargesOfEvent(
  event: UsageEvent,
  { cost: costBooks }: Pick<Catalog, 'cost'>,
  books: SubscribedBooks,
): ChargedEvent | { readonly refused: Rejection } {
  const terms = books.termsAt(event.workspaceId, event.timeMs)
  const price = usesOf(event, (timeMs) => terms.bookAt(timeMs), terms.openingMs)
  if ('refused' in price) return price
  const monthMs = Date.parse(`${new Date(event.timeMs).toISOString().slice(0, 7)}-01T00:00:00Z`)
  const cost = usesOf(event, (timeMs) => inForce(costBooks, timeMs), monthMs)
  if ('refused' in cost) return cost
  if (price.currency !== cost.currency)
    throw new Error(`amounts of ${price.currency} and ${cost.currency} cannot be added up`)
  const byEvent = price.byEvent.map((use) => ({ use, priced: pricedEvent(event, use) }))
  for (const { use, priced } of byEvent) {
    const refused = missing(use.pricing.model, priced)
    if (refused !== undefined) return { refused }
  }
  const named = [...cost.uses, ...price.uses].find((use) => use.provider !== undefined)
  const model = named === undefined ? event.type : `${named.provider}/${named.model}`
  return { event, terms, currency: price.currency, model, price: price.uses, byEvent, cost: cost.uses }
}

interface Uses {
  readonly uses: readonly ChargeUse[]
  readonly byEvent: readonly EventUse[]
  readonly currency: string
}

/** The charges in force at the event's time; for a charge with tiers those at the beginning of its period. */
function usesOf(
  event: UsageEvent,
  bookAt: (timeMs: number) => CompiledBook | undefined,
  openingMs: number,
): Uses | { readonly refused: Rejection } {
  const book = bookAt(event.timeMs)
  if (book === undefined) return { refused: { code: 'pricing.no_book', detail: 'no book is in force at the time' } }
  const { quantities, attributes } = event
  const usage = { provider: attributes['provider'], model: attributes['model'], quantities, attributes }
  const found = chargesFor(book, usage)
  if ('refused' in found) return found
  const { uses, byEvent = [] } = found
  const opening = uses.some(isTiered) ? bookAt(openingMs) : undefined
  const before = opening === undefined || opening === book ? undefined : chargesFor(opening, usage)
  if (before === undefined || 'refused' in before) return { uses, byEvent, currency: book.currency }
  const same = (use: ChargeUse) => before.uses.find(({ charge, group }) => charge === use.charge && group === use.group)
  return { uses: uses.map((use) => (isTiered(use) ? (same(use) ?? use) : use)), byEvent, currency: book.currency }
}

function isTiered(use: ChargeUse): boolean {
  return use.cells.some(({ model }) => model.model !== 'per_unit')
}

/** What prices by event look at (M-3): what an outcome is worth, how good it is, whether it was one. */
function pricedEvent({ id, timeMs, attributes, raw }: UsageEvent, { quantity }: EventUse): PricedEvent {
  const { value, quality, success } = raw['data'] as Record<string, unknown>
  return {
    id,
    timeMs,
    provider: attributes['provider'],
    model: attributes['model'],
    quantity,
    value: readQuantity(value),
    quality: readQuantity(quality),
    qualified: success === false ? false : undefined,
  }
}
