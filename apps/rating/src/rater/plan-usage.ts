import type { Rejection } from '@portitor/contracts'
import type { MeterIndex } from '@portitor/metering'
import {
  type Aggregation,
  chargesFor,
  type ChargeUse,
  type CompiledBook,
  type EventUse,
  inForce,
  missing,
} from '@portitor/pricing'
import { calendarMonthAt, type Period, phaseAt } from '@portitor/subscriptions'
import { aggregationsOf } from './aggregations-of.ts'
import type { EventText } from './event-text.ts'
import { freeUses, type Uses } from './free-uses.ts'
import { pricedEvent } from './priced-event.ts'
import type { RatableUsage } from './ratable-usage.ts'
import type { PublishedPlan } from '../plans/published-plan.ts'
import type { PublishedPlans } from '../subscriptions/phase-plans.ts'
import type { SubscribedBooks } from '../subscriptions/subscribed-books.ts'
import type { WorkspaceSubscriptions } from '../subscriptions/workspace-subscriptions.ts'

interface Books {
  readonly price: readonly CompiledBook[]
  readonly cost: readonly CompiledBook[]
}

/** All that decides what an event owes by. */
export interface PricingContext {
  readonly books: Books
  readonly meters: MeterIndex
  readonly plans: PublishedPlans
  /** Prices all who subscribe to its plan, where a range is rated again under it. */
  readonly fixedPlan?: PublishedPlan | undefined
  readonly subscribed: SubscribedBooks
  readonly subscriptions: WorkspaceSubscriptions
}

/** An event whose charges are known on both sides; only its segments' counters are still missing. */
export interface PlannedUsage<Usage extends RatableUsage = RatableUsage> {
  readonly event: Usage
  readonly currency: string
  readonly provider: string | undefined
  readonly model: string | undefined
  readonly subscriptionId: string | undefined
  /** The billing period of its time, whose segments the price moves. */
  readonly period: Period
  /** The calendar month in UTC: cost knows no subscription. */
  readonly costPeriod: Period
  readonly price: readonly ChargeUse[]
  readonly byEvent: readonly EventUse[]
  readonly cost: readonly ChargeUse[]
  /** Of those of its meters whose quantities do not add up; undefined: all do. */
  readonly aggregations: ReadonlyMap<string, Aggregation> | undefined
  /** Kept by `event-text.ts`: the event is written down once. */
  readonly written: { of?: object; text?: EventText }
}

type Plan<Usage extends RatableUsage> = { readonly planned: PlannedUsage<Usage> } | { readonly refused: Rejection }

/**
 * Finds what an event owes by at its own time: the books in force, or the plan of its workspace's subscription. Decides every
 * refusal, before any counter is touched: no book, unknown model, a meter nobody prices. Never silently free.
 */
export function planUsage<Usage extends RatableUsage>(event: Usage, context: PricingContext): Plan<Usage> {
  const costPeriod = calendarMonthAt(event.timeMs)
  const priced = priceOf(event, context)
  if ('refused' in priced) return priced
  const { books } = context
  const cost = usesOf(event, (timeMs) => bookAt(books.cost, timeMs, 'cost'), costPeriod.startMs)
  if ('refused' in cost) return cost
  const { uses, period } = priced
  if (uses.currency !== cost.currency)
    return refuse('pricing.currency_mismatch', `the price is in ${uses.currency}, the cost book in ${cost.currency}`)
  const named = cost.uses.find(isNamed) ?? uses.uses.find(isNamed)
  return {
    planned: {
      event,
      currency: uses.currency,
      provider: named?.provider ?? event.attributes.provider,
      model: named?.model ?? event.attributes.model,
      subscriptionId: priced.subscriptionId,
      period,
      costPeriod,
      price: uses.uses,
      byEvent: uses.byEvent,
      cost: cost.uses,
      aggregations: aggregationsOf(event, context.meters),
      written: {},
    },
  }
}

type Priced =
  | { readonly uses: Uses; readonly period: Period; readonly subscriptionId: string | undefined }
  | { readonly refused: Rejection }

function priceOf(event: RatableUsage, context: PricingContext): Priced {
  const { books, subscriptions, subscribed, plans, fixedPlan } = context
  const subscription = subscriptions.at(event.workspaceId, event.timeMs)
  const period = subscriptions.periodAt(event.workspaceId, event.timeMs)
  if (subscription === undefined) {
    const uses = usesOf(event, (timeMs) => bookAt(books.price, timeMs, 'price'), period.startMs)
    return 'refused' in uses ? uses : { uses, period, subscriptionId: undefined }
  }
  const phase = phaseAt(subscription, event.timeMs)!
  const uses = usesOf(
    event,
    (timeMs) => subscribed.at(phase, timeMs, { plans, fixedPlan, priceBook: inForce(books.price, timeMs) }),
    Math.max(period.startMs, Date.parse(phase.from)),
  )
  if ('refused' in uses) return uses
  const refused = uses.byEvent.map((use) => unpriceable(event, use, period)).find((one) => one !== undefined)
  if (refused !== undefined) return { refused }
  return { uses: phase.state === 'trial' ? freeUses(uses) : uses, period, subscriptionId: subscription.id }
}

type Book = { readonly book: CompiledBook } | { readonly refused: Rejection }

/** `openingMs`: R-2, a charge with tiers keeps the version that was in force there, unless the newer one holds at once. */
function usesOf(
  event: RatableUsage,
  book: (timeMs: number) => Book,
  openingMs: number,
): Uses | { readonly refused: Rejection } {
  const now = book(event.timeMs)
  if ('refused' in now) return now
  const found = charged(event, now.book)
  if ('refused' in found) return found
  if (![...found.uses, ...found.byEvent].some(waits)) return found
  const opening = book(openingMs)
  if ('refused' in opening || opening.book === now.book) return found
  const before = charged(event, opening.book)
  if ('refused' in before) return found
  return {
    currency: found.currency,
    uses: found.uses.map((use) => (waits(use) ? (before.uses.find((other) => isSame(other, use)) ?? use) : use)),
    byEvent: found.byEvent.map((use) =>
      waits(use) ? (before.byEvent.find((other) => isSame(other, use)) ?? use) : use,
    ),
  }
}

function charged(event: RatableUsage, book: CompiledBook): Uses | { readonly refused: Rejection } {
  const { provider, model } = event.attributes
  const found = chargesFor(book, { provider, model, quantities: event.quantities, attributes: event.attributes })
  return 'refused' in found
    ? { refused: found.refused }
    : { uses: found.uses, byEvent: found.byEvent ?? [], currency: book.currency }
}

/** What follows from totals or from the order of events; a plain rate changes at once, in a segment of its own. */
function waits(use: ChargeUse | EventUse): boolean {
  if (use.atOnce === true) return false
  if ('pricing' in use)
    return use.pricing.model.model === 'percentage' || use.pricing.model.model === 'prorated_graduated'
  return use.cells.some((cell) => cell.model.model !== 'per_unit')
}

function isSame(left: ChargeUse | EventUse, right: ChargeUse | EventUse): boolean {
  return left.charge === right.charge && left.group === right.group && left.plan === right.plan
}

/** The cost is known once the event is rated, and it always has one. */
function unpriceable(event: RatableUsage, use: EventUse, period: Period): Rejection | undefined {
  const { malformed } = event.facts
  if (malformed !== undefined)
    return {
      code: 'quantity.malformed',
      field: `data.${malformed}`,
      detail: `the charge ${use.charge} looks at it: expected a whole number or decimal text ≥ 0`,
    }
  return missing(use.pricing.model, pricedEvent(event, use.quantity, { period, costNanos: 0n }))
}

function bookAt(books: readonly CompiledBook[], timeMs: number, side: 'price' | 'cost'): Book {
  const book = inForce(books, timeMs)
  return book === undefined
    ? refuse('pricing.no_book', `no ${side} book is in force at the event's time`, 'time')
    : { book }
}

function refuse(code: string, detail: string, field?: string): { readonly refused: Rejection } {
  return { refused: { code, ...(field === undefined ? {} : { field }), detail } }
}

function isNamed(use: ChargeUse): boolean {
  return use.provider !== undefined
}
