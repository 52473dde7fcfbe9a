import type { Rejection } from '@portitor/contracts'
import { parseQuantity, quantityOfInteger } from '@portitor/money'
import { reject, shown } from './judgement.ts'

const quantityExpected =
  'a whole number ≥ 0, or decimal text of at most 18 digits with at most 9 of them after the point'

const decimalText = /^(\d{1,18})(?:\.(\d{1,9}))?$/

/**
 * The quantity a JSON value states, in 10⁻⁹ units (M-10): whole numbers ≥ 0 and decimal text. `undefined`: it is neither,
 * such as a fraction as JSON number (a double cannot hold it), an exponent form, `-0`, a boolean or null.
 */
export function readQuantity(value: unknown): bigint | undefined {
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0) ? quantityOfInteger(value) : undefined
  if (typeof value !== 'string') return undefined
  const digits = decimalText.exec(value)
  if (digits === null || digits[1]!.length + (digits[2]?.length ?? 0) > 18) return undefined
  return parseQuantity(value)
}

/** Refuses what a field of `data` states in the place of a quantity. */
export function malformedQuantity(name: string, value: unknown): { rejected: Rejection } {
  return reject('quantity.malformed', `data.${name}`, `expected ${quantityExpected}, got ${shown(value)}`)
}
