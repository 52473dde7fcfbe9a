import { roundHalfEven } from '@portitor/money'
import { applyAmountRule, compileAmountRule, type CompiledAmountRule } from './amount-rule.ts'
import type { ComposedPrice } from './charge.ts'
import { applyQuantityRule, compileQuantityRule, type CompiledQuantityRule } from './quantity-rule.ts'
import { compileTotal, denominatorOf, numeratorOf, type TotalFunction } from './total-function.ts'

/** Quantity rule → F → amount rule → currency, exact from end to end with one rounding. */
export interface Composed {
  readonly model: 'composed'
  readonly price: ComposedPrice
  readonly quantity: CompiledQuantityRule
  readonly inner: TotalFunction
  readonly denominator: bigint
  readonly amount: CompiledAmountRule
  /** Nano-units owed at zero usage: a fee of the period. */
  readonly atZero: bigint
}

/** Throws `BookInvalid`; `field` is the charge's, where quantity, price and amount stand side by side. */
export function compileComposed(price: ComposedPrice, field: string): Composed {
  const quantity = compileQuantityRule(price.quantity, `${field}.quantity`)
  const inner = compileTotal(price.price, `${field}.price`, quantity.scale)
  const amount = compileAmountRule(price.amount, price.credit_rate, `${field}.amount`)
  const model = { model: 'composed' as const, price, quantity, inner, denominator: denominatorOf(inner), amount }
  return { ...model, atZero: totalOf(model, 0n) }
}

/** F: what usage owes beyond the fee of the period. */
export function evaluateComposed(model: Composed, quantity: bigint): bigint {
  if (quantity >= 0n) return totalOf(model, quantity) - model.atZero
  return model.quantity.belowZero === 'zero' ? 0n : model.atZero - totalOf(model, -quantity)
}

function totalOf(model: Omit<Composed, 'atZero'>, quantity: bigint): bigint {
  const owed = numeratorOf(model.inner, applyQuantityRule(model.quantity, quantity))
  const { numerator, denominator } = applyAmountRule(model.amount, owed, model.denominator)
  return roundHalfEven(numerator, denominator)
}
