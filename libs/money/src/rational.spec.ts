import fc from 'fast-check'
import {
  add,
  divideBy,
  formatRate,
  leastCommonMultiple,
  multiply,
  parseRate,
  rational,
  rationalFromNumber,
} from './rational.ts'

const rateText = fc
  .tuple(
    fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }),
    fc.integer({ min: 0, max: 18 }),
    fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }),
  )
  .map(([whole, digits, fraction]) =>
    digits === 0 ? `${whole}` : `${whole}.${fraction.toString().padStart(18, '0').slice(0, digits)}`,
  )

describe('rates', () => {
  it('R-3 are exact: a cached token at $0.01875 per million is 3/160', () => {
    expect(parseRate('0.01875')).toEqual({ numerator: 3n, denominator: 160n })
  })

  it('R-3 keep all 18 digits after the point', () => {
    expect(parseRate('0.000000000000000001')).toEqual({ numerator: 1n, denominator: 10n ** 18n })
  })

  it('R-3 come back as the text they were, but for trailing zeros', () => {
    fc.assert(
      fc.property(rateText, (text) => {
        const plain = text.includes('.') ? text.replace(/\.?0+$/, '') : text
        expect(formatRate(parseRate(text))).toBe(
          BigInt(plain.split('.')[0]!).toString() + plain.slice(plain.split('.')[0]!.length),
        )
      }),
      { numRuns: 1_000 },
    )
  })

  it.each(['', '-1', '1e-7', '.5', '1.', '0.' + '1'.repeat(19), '1'.repeat(19)])('refuse %j', (text) => {
    expect(() => parseRate(text)).toThrow(RangeError)
  })

  it.each([
    [0.1, '0.1'],
    [1e-7, '0.0000001'],
    [1.5e-7, '0.00000015'],
    [2.5, '2.5'],
    [0, '0'],
    [1e21, '1' + '0'.repeat(21)],
    [0.01875, '0.01875'],
  ])('R-5 a published %d is exactly %s, never its binary neighbour', (number, text) => {
    expect(formatRate(rationalFromNumber(number))).toBe(text)
  })

  it('R-5 a negative number keeps its sign, and what is no number is refused', () => {
    expect(rationalFromNumber(-0.5)).toEqual({ numerator: -1n, denominator: 2n })
    for (const bad of [NaN, Infinity, -Infinity]) expect(() => rationalFromNumber(bad)).toThrow(RangeError)
  })

  it('R-5 a markup multiplies exactly: 0.15 × 1.30 = 0.195', () => {
    expect(formatRate(multiply(rationalFromNumber(0.15), parseRate('1.30')))).toBe('0.195')
  })

  it('R-3 sums exactly: 1/3 + 1/6 = 1/2, and a difference is a sum', () => {
    expect(add(rational(1n, 3n), rational(1n, 6n))).toEqual(rational(1n, 2n))
    expect(add(rational(1n, 3n), rational(-1n, 3n))).toEqual(rational(0n, 1n))
  })

  it('never rounds a rate in passing', () => {
    expect(() => formatRate(rational(1n, 3n))).toThrow(/round the rate first/)
  })

  it('are kept in lowest terms with a positive denominator', () => {
    expect(rational(-6n, 4n)).toEqual({ numerator: -3n, denominator: 2n })
    expect(rational(0n, 7n)).toEqual({ numerator: 0n, denominator: 1n })
    expect(() => rational(1n, 0n)).toThrow(RangeError)
    expect(divideBy(parseRate('2.50'), 1_000_000n)).toEqual({ numerator: 1n, denominator: 400_000n })
    expect(() => divideBy(parseRate('1'), 0n)).toThrow(RangeError)
    expect(leastCommonMultiple(4n, 6n)).toBe(12n)
  })
})
