import { add, type Rational } from '@portitor/money'
import { BookInvalid, type PercentagePrice } from './charge.ts'
import {
  clamped,
  compileBounds,
  type EventBounds,
  type ExactAmount,
  inNanos,
  type PricedEvent,
} from './priced-event.ts'
import { readPercent, readQuantity, readRate } from './read-rate.ts'

/** A share of each event's value and a fixed part. */
export interface Percentage {
  readonly model: 'percentage'
  readonly share: Rational
  readonly fixed: Rational
  readonly freeEvents: number
  /** In nano-units. */
  readonly freeValue: bigint
  readonly bounds: EventBounds
}

const freeEventsMax = 1_000_000
const percentMax = 100_000n

/** Throws `BookInvalid` naming the field at fault. */
export function compilePercentage(price: PercentagePrice, field: string): Percentage {
  const freeEvents = price.free_events ?? 0
  if (!Number.isInteger(freeEvents) || freeEvents < 0 || freeEvents > freeEventsMax)
    throw new BookInvalid(`${field}.free_events`, `a whole number from 0 to ${freeEventsMax} is expected`)
  return {
    model: 'percentage',
    share: readPercent(price.percent, `${field}.percent`, percentMax),
    fixed: inNanos(readRate(price.fixed ?? '0', `${field}.fixed`)),
    freeEvents,
    freeValue: readQuantity(price.free_value ?? '0', `${field}.free_value`),
    bounds: compileBounds(price, field),
  }
}

/**
 * What each event owes, in their order. Events are free while both bounds hold that the price names: fewer than
 * `free_events` have passed, and something of `free_value` is left after the event. The event that uses the value up owes
 * for what exceeds it, with its fixed part and its bounds.
 */
export function percentageAmounts(model: Percentage, events: readonly PricedEvent[]): ExactAmount[] {
  const free = freeStretch(model, events)
  return events.map((event, place) => {
    if (place >= free.length) return paidAmount(model, event.value!)
    return place === free.length - 1 ? free.owed : nothing
  })
}

/** The events at the beginning that are free, the last of them maybe in part, and what that one owes. Every later one owes by itself. */
export interface FreeStretch {
  readonly length: number
  readonly owed: ExactAmount
}

const nothing: ExactAmount = { numerator: 0n, denominator: 1n }

/** Looks at the events of the stretch and no further. */
export function freeStretch(model: Percentage, events: readonly PricedEvent[]): FreeStretch {
  const countsEvents = model.freeEvents > 0
  const countsValue = model.freeValue > 0n
  if (!countsEvents && !countsValue) return { length: 0, owed: nothing }
  let freeValue = model.freeValue
  let length = 0
  for (const { value } of events) {
    if (countsEvents && length === model.freeEvents) break
    length += 1
    if (countsValue && value! >= freeValue) return { length, owed: paidAmount(model, value! - freeValue) }
    freeValue -= value!
  }
  return { length, owed: nothing }
}

/** What an event of this value owes that is not free. */
export function paidAmount(model: Percentage, value: bigint): ExactAmount {
  const { numerator, denominator } = model.share
  return clamped(add({ numerator: value * numerator, denominator }, model.fixed), model.bounds)
}
