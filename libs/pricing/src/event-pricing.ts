import { type CompiledAmountRule, compileAmountRule } from './amount-rule.ts'
import type { AmountRule, EventPrice } from './charge.ts'
import { compileEventModel, type EventModel } from './evaluate-events.ts'

/** A price by event with its rules, as plain data. `credit_rate` is what one unit of the charge's currency is worth in the book's. */
export interface EventPricingData {
  readonly model: 'by_event'
  readonly price: EventPrice
  readonly amount?: AmountRule | undefined
  readonly credit_rate?: string | undefined
}

/** The same made ready. `data` is what is stored beside what it priced. */
export interface EventPricing {
  readonly model: EventModel
  readonly rule: CompiledAmountRule
  readonly data: EventPricingData
}

/** Throws `BookInvalid` below `field`. */
export function compileEventPricing(data: EventPricingData, field = 'charge'): EventPricing {
  return {
    model: compileEventModel(data.price, `${field}.price`),
    rule: compileAmountRule(data.amount, data.credit_rate, `${field}.amount`),
    data,
  }
}
