import { divideBy, type Rational } from './rational.ts'

/** The integer nearest to numerator ÷ denominator; a tie goes to the even one, so ties cancel out over many amounts. Symmetric about zero. */
export function roundHalfEven(numerator: bigint, denominator: bigint): bigint {
  if (denominator <= 0n) throw new RangeError(`a denominator is positive; got ${denominator}`)
  const quotient = numerator / denominator
  const remainder = numerator - quotient * denominator
  if (remainder === 0n) return quotient
  const twice = remainder < 0n ? -2n * remainder : 2n * remainder
  if (twice < denominator || (twice === denominator && quotient % 2n === 0n)) return quotient
  return numerator < 0n ? quotient - 1n : quotient + 1n
}

/** How a quotient becomes an integer, each symmetric about zero: `up` away from zero, `down` towards it, `half_up` ties away from it, `half_even` ties to the even one. */
export type RoundingMode = 'up' | 'down' | 'half_up' | 'half_even'

/** The integer that stands for numerator ÷ denominator in the given mode. For quantities counted in whole packages and for invoice digits; amounts themselves round half-even. */
export function roundBy(mode: RoundingMode, numerator: bigint, denominator: bigint): bigint {
  if (mode === 'half_even') return roundHalfEven(numerator, denominator)
  if (denominator <= 0n) throw new RangeError(`a denominator is positive; got ${denominator}`)
  const size = numerator < 0n ? -numerator : numerator
  const whole = size / denominator
  const rest = size % denominator
  const above = mode === 'up' ? rest > 0n : mode === 'half_up' && 2n * rest >= denominator
  const rounded = above ? whole + 1n : whole
  return numerator < 0n ? -rounded : rounded
}

/** `quantity` × `rate`, rounded half-even once. With a quantity in 10⁻⁹ units and a rate in currency units per unit, the result is nano-units: the two scales cancel. */
export function multiplyRoundHalfEven(quantity: bigint, rate: Rational): bigint {
  return roundHalfEven(quantity * rate.numerator, rate.denominator)
}

/**
 * What a quantity costs, in nano-units: quantity × rate ÷ per, exact until the one rounding at the end.
 * @param quantity in 10⁻⁹ units
 * @param rate in units of the currency, for `per` units of the meter ($2.50 per 1,000,000 tokens)
 */
export function amountOf(quantity: bigint, rate: Rational, per: bigint): bigint {
  return multiplyRoundHalfEven(quantity, divideBy(rate, per))
}
