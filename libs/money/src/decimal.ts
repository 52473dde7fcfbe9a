/** Decimal text as written: `value` × 10^−`scale`. */
export interface Decimal {
  value: bigint
  scale: number
}

const powers = Array.from({ length: 64 }, (_, exponent) => 10n ** BigInt(exponent))

/** 10^exponent for a whole exponent ≥ 0. */
export function powerOfTen(exponent: number): bigint {
  return powers[exponent] ?? 10n ** BigInt(exponent)
}

/** Reads `whole` and `fraction` digits, already checked by the caller's pattern, into one integer. */
export function decimalOf(whole: string, fraction: string): Decimal {
  return { value: BigInt(whole + fraction), scale: fraction.length }
}

/** Writes `value` × 10^−`scale` with at least `fractionDigitsMin` digits after the point and no trailing zeros beyond them. */
export function formatDecimal(value: bigint, scale: number, fractionDigitsMin = 0): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  let end = digits.length
  while (end > whole.length + fractionDigitsMin && digits.charCodeAt(end - 1) === 48) end--
  const fraction = digits.slice(whole.length, end).padEnd(fractionDigitsMin, '0')
  return (value < 0n ? '-' : '') + whole + (fraction === '' ? '' : `.${fraction}`)
}
