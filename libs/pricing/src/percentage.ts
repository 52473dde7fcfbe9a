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
  const countsEvents = model.freeEvents > 0
  const countsValue = model.freeValue > 0n
  let freeEvents = model.freeEvents
  let freeValue = model.freeValue
  let free = countsEvents || countsValue
  return events.map((event) => {
    let value = event.value!
    if (free && countsEvents && freeEvents === 0) free = false
    if (free) {
      freeEvents--
      if (!countsValue || value < freeValue) {
        freeValue -= value
        return { numerator: 0n, denominator: 1n }
      }
      value -= freeValue
      free = false
    }
    const { numerator, denominator } = model.share
    return clamped(add({ numerator: value * numerator, denominator }, model.fixed), model.bounds)
  })
}
