import type { GraduatedPrice, PerUnitPrice } from './charge.ts'
import { compileGraduated, evaluateGraduated, type Graduated } from './graduated.ts'
import { compilePerUnit, evaluatePerUnit, type PerUnit } from './per-unit.ts'

/** A charge model ready to be evaluated: a pure function F of the cumulative quantity of one segment. */
export type EvaluableModel = PerUnit | Graduated

/** Throws `BookInvalid` below `field`, or `RangeError`, where the price cannot be evaluated. */
export function compileModel(price: PerUnitPrice | GraduatedPrice, field = 'price'): EvaluableModel {
  return price.model === 'per_unit' ? compilePerUnit(price.rate, price.per) : compileGraduated(price, field)
}

/**
 * F: what a cumulative quantity (10⁻⁹ units) owes in all, in nano-units; exact, rounded half-even once. F(0) = 0 and
 * F never falls. A quantity below zero owes −F(−quantity), so corrections may arrive before what they correct.
 */
export function evaluate(model: EvaluableModel, quantity: bigint): bigint {
  if (model.model === 'per_unit') return evaluatePerUnit(model, quantity)
  return quantity < 0n ? -evaluateGraduated(model, -quantity) : evaluateGraduated(model, quantity)
}
