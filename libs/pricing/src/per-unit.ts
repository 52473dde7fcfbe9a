import { divideBy, multiplyRoundHalfEven, parseRate, type Rational } from '@portitor/money'

/** One rate for every unit, with the division by `per` already folded into the fraction. */
export interface PerUnit {
  readonly model: 'per_unit'
  readonly rate: string
  readonly per: string
  /** Currency units per unit of the meter, which is also nano-units per 10⁻⁹ unit. */
  readonly unitRate: Rational
}

/** `scale`: how many parts of 10⁻⁹ unit the quantities are counted in, where a conversion needs finer ones. */
export function compilePerUnit(rate: string, per: string, scale = 1n): PerUnit {
  return { model: 'per_unit', rate, per, unitRate: divideBy(parseRate(rate), BigInt(per) * scale) }
}

export function evaluatePerUnit(model: PerUnit, quantity: bigint): bigint {
  return multiplyRoundHalfEven(quantity, model.unitRate)
}
