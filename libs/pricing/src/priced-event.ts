import { nanosPerUnit, type Rational } from '@portitor/money'
import { BookInvalid } from './charge.ts'
import { readRate } from './read-rate.ts'

/** One event as prices by event look at it. Money in nano-units of the charge's currency, quantities in 10⁻⁹ units. */
export interface PricedEvent {
  readonly id: string
  readonly timeMs: number
  readonly provider?: string | undefined
  readonly model?: string | undefined
  /** What the event is worth, or the price that it carries. */
  readonly value?: bigint | undefined
  /** What the provider charges for it. */
  readonly cost?: bigint | undefined
  /** By how many units (seats) it changes the total, below zero where some go; how many outcomes it is, one where it does not say. */
  readonly quantity?: bigint | undefined
  /** `quantity` × the share of the period that the change lasts; its sign is the quantity's. */
  readonly prorated?: bigint | undefined
  /** False where the outcome was judged and is none. */
  readonly qualified?: boolean | undefined
  readonly quality?: bigint | undefined
  readonly disputedAtMs?: number | undefined
}

/** An exact amount in nano-units: numerator ÷ denominator. */
export type ExactAmount = Rational

/** What each event's amount is clamped to. */
export interface EventBounds {
  readonly min: Rational | undefined
  readonly max: Rational | undefined
}

export function compileBounds(
  price: { readonly event_min?: string | undefined; readonly event_max?: string | undefined },
  field: string,
): EventBounds {
  const read = (text: string | undefined, at: string): Rational | undefined =>
    text === undefined ? undefined : inNanos(readRate(text, `${field}.${at}`))
  const [min, max] = [read(price.event_min, 'event_min'), read(price.event_max, 'event_max')]
  if (min !== undefined && max !== undefined && above(min, max))
    throw new BookInvalid(`${field}.event_max`, 'is not below event_min')
  return { min, max }
}

export function clamped(amount: ExactAmount, { min, max }: EventBounds): ExactAmount {
  if (min !== undefined && above(min, amount)) return min
  return max !== undefined && above(amount, max) ? max : amount
}

export function inNanos({ numerator, denominator }: Rational): Rational {
  return { numerator: numerator * nanosPerUnit, denominator }
}

function above(left: Rational, right: Rational): boolean {
  return left.numerator * right.denominator > right.numerator * left.denominator
}
