import { currencySymbol, minorDigits } from './currency.ts'
import { formatDecimal, powerOfTen } from './decimal.ts'
import { roundHalfEven } from './rounding.ts'

const nanoDigits = 9

/**
 * Writes an amount for people: `$1,234.56`, `−$0.000000001`. For display only; data carries `formatNanos`.
 * Without `fractionDigits` it is exact: at least the currency's minor digits and whatever else is not zero. With it
 * (0–9) the amount is rounded half-even to that many.
 */
export function formatAmount(nanos: bigint, currency: string, fractionDigits?: number): string {
  const shown = fractionDigits === undefined ? nanos : roundTo(nanos, fractionDigits)
  const text = formatDecimal(shown < 0n ? -shown : shown, nanoDigits, fractionDigits ?? minorDigits(currency))
  return (shown < 0n ? '−' : '') + currencySymbol(currency) + groupThousands(text)
}

/** Puts commas into decimal text: `1234567.5` → `1,234,567.5`. */
export function groupThousands(text: string): string {
  const [whole = '', fraction] = text.split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

function roundTo(nanos: bigint, fractionDigits: number): bigint {
  if (!Number.isInteger(fractionDigits) || fractionDigits < 0 || fractionDigits > nanoDigits)
    throw new RangeError(`an amount has 0 to ${nanoDigits} digits after the point; got ${fractionDigits}`)
  const step = powerOfTen(nanoDigits - fractionDigits)
  return roundHalfEven(nanos, step) * step
}
