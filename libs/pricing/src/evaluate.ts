import { roundHalfEven } from '@portitor/money'
import type { ComposedPrice, TotalPrice } from './charge.ts'
import { compileComposed, evaluateComposed, type Composed } from './composed.ts'
import { evaluateGraduated } from './graduated.ts'
import { evaluatePerUnit } from './per-unit.ts'
import { compileTotal, denominatorOf, numeratorOf, type TotalFunction } from './total-function.ts'

/** A charge model ready to be evaluated: a pure function F of the cumulative quantity of one segment. */
export type EvaluableModel = TotalFunction | Composed

/** Throws `BookInvalid` below `field` where the price cannot be evaluated. */
export function compileModel(price: TotalPrice | ComposedPrice, field = 'price'): EvaluableModel {
  return price.model === 'composed' ? compileComposed(price, field) : compileTotal(price, field)
}

/**
 * F: what the usage of a cumulative quantity (10⁻⁹ units) owes in all, in nano-units; exact, rounded half-even once.
 * F(0) = 0: what is owed at zero usage is `feeAtZero`. F may fall where a tier prices the whole. A quantity below zero owes
 * −F(−quantity), so corrections may arrive before what they correct, unless its rule says that it owes nothing.
 */
export function evaluate(model: EvaluableModel, quantity: bigint): bigint {
  if (model.model === 'per_unit') return evaluatePerUnit(model, quantity)
  if (model.model === 'composed') return evaluateComposed(model, quantity)
  const size = quantity < 0n ? -quantity : quantity
  const owed =
    model.model === 'graduated'
      ? evaluateGraduated(model, size)
      : roundHalfEven(numeratorOf(model, size), denominatorOf(model)) - feeAtZero(model)
  return quantity < 0n ? -owed : owed
}

/** What a period owes before any usage, in nano-units: a first tier's flat amount where the price says `every_period`. */
export function feeAtZero(model: EvaluableModel): bigint {
  switch (model.model) {
    case 'per_unit':
    case 'package':
      return 0n
    case 'graduated':
    case 'volume':
      return model.atZero === 0n ? 0n : roundHalfEven(model.atZero, model.denominator)
    case 'composed':
      return model.atZero
  }
}
