import fc from 'fast-check'
import { MoneyOverflow, checkInt8, formatNanos, parseNanos, sum } from './amount.ts'

describe('amounts', () => {
  it('Money: reads and writes whole nano-units without loss', () => {
    expect(parseNanos('9223372036854775807')).toBe(9223372036854775807n)
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }), (nanos) => {
        expect(parseNanos(formatNanos(nanos))).toBe(nanos)
      }),
      { numRuns: 1_000 },
    )
  })

  it.each(['', '1.5', '1e9', '+1', ' 1', '0x10', '1'.repeat(39), '--1'])('refuses %j as an amount', (text) => {
    expect(() => parseNanos(text)).toThrow(RangeError)
  })

  it('refuses a JSON number: it may have lost digits already', () => {
    expect(() => parseNanos(2500 as unknown as string)).toThrow(/got a number/)
  })

  it('checks that one amount fits an int8 on both sides', () => {
    expect(checkInt8(2n ** 63n - 1n)).toBe(2n ** 63n - 1n)
    expect(checkInt8(-(2n ** 63n) + 1n)).toBe(-(2n ** 63n) + 1n)
    expect(() => checkInt8(2n ** 63n)).toThrow(MoneyOverflow)
    expect(() => checkInt8(-(2n ** 63n))).toThrow(MoneyOverflow)
  })

  it('sums beyond an int8', () => {
    expect(sum([2n ** 63n - 1n, 2n ** 63n - 1n, -1n])).toBe(2n ** 64n - 3n)
    expect(sum([])).toBe(0n)
  })
})
