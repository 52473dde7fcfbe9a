import { roundBy, type RoundingMode } from '@portitor/money'
import { decimalOf, fractionOf, VectorUnclear } from './vector.ts'

const decimal = /^-?\d+(\.\d+)?$/

/**
 * Whether what we answer is what is expected: every field that the expectation names, numbers as numbers (`0.50` is `0.5`).
 * The order of invoice lines is free, and lines that come to nothing are no lines.
 */
export function agrees(actual: unknown, expected: unknown): boolean {
  if (typeof expected !== 'object' || expected === null || !('round_2' in expected)) return same(actual, expected)
  const { round_2: mode, ...rest } = expected
  const amount = (actual as { amount?: unknown }).amount
  if (typeof amount !== 'string') throw new VectorUnclear('expected.round_2: there is no amount to round')
  return same({ ...(actual as object), amount: rounded(amount, mode) }, rest)
}

const modes: Readonly<Record<string, RoundingMode>> = {
  half_up: 'half_up',
  half_even: 'half_even',
  floor: 'down',
  truncate: 'down',
  down: 'down',
  ceiling: 'up',
  up: 'up',
}

/** The expectation is rounded to two places, and says how. */
function rounded(amount: string, mode: unknown): string {
  const known = typeof mode === 'string' && Object.hasOwn(modes, mode) ? modes[mode] : undefined
  if (known === undefined) throw new VectorUnclear(`expected.round_2: ${String(mode)} is no rounding`)
  const { numerator, denominator } = fractionOf(amount)
  return decimalOf(roundBy(known, numerator * 100n, denominator) * 10_000_000n)
}

/** Decimal text as one canonical form. */
function canonical(text: string): string {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.')
  const digits = fraction.replace(/0+$/, '')
  const size = `${whole.replace(/^0+(?=\d)/, '')}${digits === '' ? '' : `.${digits}`}`
  return text.startsWith('-') && size !== '0' ? `-${size}` : size
}

function same(actual: unknown, expected: unknown, name = ''): boolean {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return false
    const [left, right] = name === 'lines' ? [sorted(actual), sorted(expected)] : [actual, expected]
    return left.length === right.length && right.every((one, index) => same(left[index], one))
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof actual !== 'object' || actual === null) return false
    const found = actual as Record<string, unknown>
    return Object.entries(expected).every(([key, value]) => {
      if (!(key in found)) throw new VectorUnclear(`expected.${key}: no rule of this category answers it`)
      return same(found[key], value, key)
    })
  }
  if (isNumber(actual) && isNumber(expected)) return canonical(String(actual)) === canonical(String(expected))
  return actual === expected
}

function sorted(lines: readonly unknown[]): unknown[] {
  const key = (line: Record<string, unknown>): string =>
    [line['component'], line['is_correction'], canonical(String(line['unit'])), canonical(String(line['qty']))].join(
      ' ',
    )
  return (lines as Record<string, unknown>[])
    .filter((line) => !isNothing(line['totals']))
    .sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
}

function isNothing(totals: unknown): boolean {
  return (
    typeof totals === 'object' &&
    totals !== null &&
    Object.values(totals).every((value) => canonical(String(value)) === '0')
  )
}

function isNumber(value: unknown): value is string | number {
  return typeof value === 'number' || (typeof value === 'string' && decimal.test(value))
}
