import { checkInt8 } from '@portitor/money'
import { evaluate, type EvaluableModel } from './evaluate.ts'

/** What a segment has come to: its cumulative quantity (10⁻⁹ units) and F of it (nano-units). A new one is `freshCounter`. */
export interface Counter {
  readonly quantity: bigint
  readonly amount: bigint
}

export const freshCounter: Counter = { quantity: 0n, amount: 0n }

/**
 * Moves a segment on by `delta`: the amount owed is F(q₁) − F(q₀), so the amounts of a segment sum to F of its total
 * whatever the order and the split. Guarantees `counter.amount === F(counter.quantity)` if the given counter had it; F(q₀)
 * is therefore read from the counter and not computed again. Throws `MoneyOverflow` where the amount exceeds one transfer.
 */
export function telescope(
  model: EvaluableModel,
  counter: Counter,
  delta: bigint,
): { readonly counter: Counter; readonly amount: bigint } {
  const quantity = counter.quantity + delta
  const total = evaluate(model, quantity)
  return { counter: { quantity, amount: total }, amount: checkInt8(total - counter.amount) }
}
