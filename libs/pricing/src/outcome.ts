import { add, multiply, oneUnit, rational, type Rational } from '@portitor/money'
import { BookInvalid, type OutcomePrice } from './charge.ts'
import {
  clamped,
  compileBounds,
  type EventBounds,
  type ExactAmount,
  inNanos,
  type PricedEvent,
} from './priced-event.ts'
import { readPercent, readQuantity, readRate } from './read-rate.ts'

const dayMs = 86_400_000
const disputeDaysMax = 3_650

/** A fixed amount per qualified outcome, a share of its value, or both. */
export interface Outcome {
  readonly model: 'outcome'
  readonly amount: Rational
  readonly share: Rational
  readonly qualityMin: bigint | undefined
  readonly disputeMs: number
  readonly bounds: EventBounds
}

/** Throws `BookInvalid` where the price names neither an amount nor a share: every outcome would be free. */
export function compileOutcome(price: OutcomePrice, field: string): Outcome {
  if (price.amount === undefined && price.share_percent === undefined)
    throw new BookInvalid(field, 'names an amount, a share_percent or both: without them every outcome is free (R-4)')
  if (!Number.isInteger(price.dispute_days) || price.dispute_days < 0 || price.dispute_days > disputeDaysMax)
    throw new BookInvalid(`${field}.dispute_days`, `a whole number from 0 to ${disputeDaysMax} is expected`)
  return {
    model: 'outcome',
    amount: inNanos(readRate(price.amount ?? '0', `${field}.amount`)),
    share: readPercent(price.share_percent ?? '0', `${field}.share_percent`),
    qualityMin: price.quality_min === undefined ? undefined : readQuantity(price.quality_min, `${field}.quality_min`),
    disputeMs: price.dispute_days * dayMs,
    bounds: compileBounds(price, field),
  }
}

/** What an outcome owes (several, where the event counts several; its value is that of all); nothing where it does not qualify, or was disputed in time: the difference is its reversal. */
export function outcomeAmount(model: Outcome, event: PricedEvent): ExactAmount {
  if (!qualifies(model, event) || isDisputed(model, event)) return { numerator: 0n, denominator: 1n }
  const { numerator, denominator } = model.share
  const amounts = multiply(model.amount, rational(event.quantity ?? oneUnit, oneUnit))
  return clamped(add({ numerator: (event.value ?? 0n) * numerator, denominator }, amounts), model.bounds)
}

/** A dispute counts up to and including the last instant of its window; a later one changes nothing. */
function isDisputed({ disputeMs }: Outcome, { timeMs, disputedAtMs }: PricedEvent): boolean {
  return disputedAtMs !== undefined && disputedAtMs >= timeMs && disputedAtMs - timeMs <= disputeMs
}

function qualifies({ qualityMin }: Outcome, event: PricedEvent): boolean {
  if (event.qualified === false) return false
  return qualityMin === undefined || (event.quality !== undefined && event.quality >= qualityMin)
}
