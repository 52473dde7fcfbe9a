import { formatDecimal, powerOfTen } from './decimal.ts'

/** Quantities are integers in units of 10⁻⁹: one token is this many. */
const quantityScale = 9
export const oneUnit = powerOfTen(quantityScale)

const pattern = /^(\d{1,18})(?:\.(\d{1,9}))?$/

/**
 * Reads a quantity from decimal text into 10⁻⁹ units (M-10): at most 18 digits in all, at most 9 of them after the
 * point, no sign, no exponent. Throws `RangeError` naming what is expected.
 */
export function parseQuantity(text: string): bigint {
  const found = typeof text === 'string' ? pattern.exec(text) : null
  if (found === null) throw refusal(text)
  const whole = found[1]!
  const fraction = found[2]
  if (fraction === undefined) return BigInt(whole) * oneUnit
  if (whole.length + fraction.length > 18) throw refusal(text)
  return BigInt(whole + fraction) * powerOfTen(quantityScale - fraction.length)
}

/** The quantity of a JSON number. Throws `RangeError` unless it is a safe integer ≥ 0: fractions must come as text. */
export function quantityOfInteger(count: number): bigint {
  if (!Number.isSafeInteger(count) || count < 0) throw refusal(count)
  return BigInt(count) * oneUnit
}

/** Writes a quantity in 10⁻⁹ units as decimal text without trailing zeros. Sums may have more than 18 digits. */
export function formatQuantity(quantity: bigint): string {
  return formatDecimal(quantity, quantityScale)
}

function refusal(value: unknown): RangeError {
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : String(value)
  return new RangeError(
    `a quantity is a whole number ≥ 0, or decimal text of at most 18 digits with at most 9 after the point; got ${shown}`,
  )
}
