import { rational, type Rational, roundHalfEven } from '@portitor/money'
import { applyAmountRule, type CompiledAmountRule } from './amount-rule.ts'
import { amountsOf, type EventModel, missing } from './evaluate-events.ts'
import type { ExactAmount, PricedEvent } from './priced-event.ts'
import type { Refusal } from './refusal.ts'

/**
 * Whether each event owes by itself, whatever came before it. Then a segment need not keep its events: the exact sum of
 * their amounts is enough to go on from, and to take one out again.
 */
export function isAdditive(model: EventModel): boolean {
  if (model.model === 'percentage') return model.freeEvents === 0 && model.freeValue === 0n
  return model.model !== 'prorated_graduated'
}

/** What one event of an additive model adds to the sum: exact nano-units, before the rules of the charge. */
export function eventAmount(
  model: EventModel,
  event: PricedEvent,
): { readonly amount: ExactAmount } | { readonly refused: Refusal } {
  if (model.model === 'prorated_graduated' || !isAdditive(model))
    throw new RangeError(`${model.model} follows from the order of events`)
  const refused = missing(model, event)
  if (refused !== undefined) return { refused }
  const { numerator, denominator } = amountsOf(model, [event])[0]!
  return { amount: rational(numerator, denominator) }
}

/** F of an exact sum: discounted, capped, in the book's currency, rounded half-even once. */
export function owedOfSum(rule: CompiledAmountRule, sum: Rational): bigint {
  const owed = applyAmountRule(rule, sum.numerator, sum.denominator)
  return roundHalfEven(owed.numerator, owed.denominator)
}
