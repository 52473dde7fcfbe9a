import { fractionOf } from './vector.ts'

const cellsMax = 8n

/** Amounts are whole nano-units. An expectation with more digits is met where ours differs by less than one nano-unit for each part that was rounded. */
export function finerThanNano(actual: unknown, expected: unknown): string | undefined {
  const [ours, theirs] = [amountOf(actual), amountOf(expected)]
  if (ours === undefined || theirs === undefined || (theirs.split('.')[1] ?? '').length <= 9) return undefined
  const [left, right] = [fractionOf(ours), fractionOf(theirs)]
  const off = left.numerator * right.denominator - right.numerator * left.denominator
  const size = (off < 0n ? -off : off) * 1_000_000_000n
  if (size >= cellsMax * left.denominator * right.denominator) return undefined
  return 'amounts are whole nano-units, rounded half-even once for each segment: digits beyond the ninth are not kept'
}

function amountOf(value: unknown): string | undefined {
  const amount = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)['amount'] : undefined
  return typeof amount === 'string' ? amount : undefined
}
