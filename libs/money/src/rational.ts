import { decimalOf, formatDecimal, powerOfTen } from './decimal.ts'

/** An exact fraction in lowest terms; the denominator is positive. */
export interface Rational {
  readonly numerator: bigint
  readonly denominator: bigint
}

const ratePattern = /^(\d{1,18})(?:\.(\d{1,18}))?$/
const numberPattern = /^(-?\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/

/** The fraction in lowest terms. Throws `RangeError` when the denominator is not positive. */
export function rational(numerator: bigint, denominator: bigint): Rational {
  if (denominator <= 0n) throw new RangeError(`a denominator is positive; got ${denominator}`)
  const divisor = greatestCommonDivisor(numerator, denominator)
  return { numerator: numerator / divisor, denominator: denominator / divisor }
}

/** Reads a rate from decimal text (`"0.01875"`), exactly: at most 18 digits on each side of the point, no sign. Throws `RangeError`. */
export function parseRate(text: string): Rational {
  const found = typeof text === 'string' ? ratePattern.exec(text) : null
  if (found === null)
    throw new RangeError(
      `a rate is decimal text ≥ 0 with at most 18 digits after the point, such as "2.50"; got ${text}`,
    )
  const { value, scale } = decimalOf(found[1]!, found[2] ?? '')
  return rational(value, powerOfTen(scale))
}

/**
 * The exact value of a JS number's shortest decimal text: 0.1 is 1/10, 1e-7 is 1/10000000. For catalogues that publish
 * prices as JSON numbers; the binary value behind the number is never computed with.
 */
export function rationalFromNumber(value: number): Rational {
  const found = numberPattern.exec(String(value))
  if (found === null) throw new RangeError(`${value} has no decimal value: expected a finite number`)
  const decimal = decimalOf(found[1]!, found[2] ?? '')
  const exponent = Number(found[3] ?? 0) - decimal.scale
  return exponent < 0
    ? rational(decimal.value, powerOfTen(-exponent))
    : rational(decimal.value * powerOfTen(exponent), 1n)
}

/** The exact product. */
export function multiply(left: Rational, right: Rational): Rational {
  return rational(left.numerator * right.numerator, left.denominator * right.denominator)
}

/** The exact sum; a difference is the sum with a negative numerator. */
export function add(left: Rational, right: Rational): Rational {
  return rational(
    left.numerator * right.denominator + right.numerator * left.denominator,
    left.denominator * right.denominator,
  )
}

/** The exact quotient by a whole number > 0: a rate per million becomes a rate per unit. */
export function divideBy(dividend: Rational, divisor: bigint): Rational {
  if (divisor <= 0n) throw new RangeError(`a rate is per a positive number of units; got ${divisor}`)
  return rational(dividend.numerator, dividend.denominator * divisor)
}

/** The least common multiple of positive integers: the denominator that makes fractions addable. */
export function leastCommonMultiple(left: bigint, right: bigint): bigint {
  return (left / greatestCommonDivisor(left, right)) * right
}

/**
 * Writes a rate as decimal text for a book. Throws `RangeError` where 18 digits after the point cannot hold it exactly
 * (1/3, say): a rate is rounded by whoever sets it, never in passing.
 */
export function formatRate(rate: Rational): string {
  const scaled = rate.numerator * powerOfTen(18)
  if (scaled % rate.denominator !== 0n)
    throw new RangeError(
      `${rate.numerator}/${rate.denominator} has no exact decimal text of 18 digits: round the rate first`,
    )
  return formatDecimal(scaled / rate.denominator, 18)
}

function greatestCommonDivisor(left: bigint, right: bigint): bigint {
  let [a, b] = [left < 0n ? -left : left, right]
  while (b !== 0n) [a, b] = [b, a % b]
  return a
}
