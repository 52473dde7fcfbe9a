import type { Rational } from '@portitor/money'
import type { DynamicPrice } from './charge.ts'
import { clamped, compileBounds, type EventBounds, type ExactAmount, type PricedEvent } from './priced-event.ts'
import { readRate } from './read-rate.ts'

/** The event carries its price; we multiply and bound it. */
export interface Dynamic {
  readonly model: 'dynamic'
  readonly multiplier: Rational
  readonly bounds: EventBounds
}

/** Throws `BookInvalid` naming the field at fault. */
export function compileDynamic(price: DynamicPrice, field: string): Dynamic {
  return {
    model: 'dynamic',
    multiplier: readRate(price.multiplier, `${field}.multiplier`),
    bounds: compileBounds(price, field),
  }
}

export function dynamicAmount(model: Dynamic, event: PricedEvent): ExactAmount {
  const { numerator, denominator } = model.multiplier
  return clamped({ numerator: event.value! * numerator, denominator }, model.bounds)
}
