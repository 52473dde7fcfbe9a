import fc from 'fast-check'
import { oneUnit, parseQuantity } from './quantity.ts'
import { parseRate } from './rational.ts'
import { amountOf, multiplyRoundHalfEven, roundBy, roundHalfEven } from './rounding.ts'

const numerators = fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n })
const denominators = fc.oneof(fc.bigInt({ min: 1n, max: 20n }), fc.bigInt({ min: 1n, max: 10n ** 25n }))

/** Floor division and a comparison of both neighbours: another way to the same answer. */
function nearestByNeighbours(numerator: bigint, denominator: bigint): bigint {
  const residue = ((numerator % denominator) + denominator) % denominator
  const below = (numerator - residue) / denominator
  const distances = residue - (denominator - residue)
  if (distances !== 0n) return distances < 0n ? below : below + 1n
  return below % 2n === 0n ? below : below + 1n
}

describe('rounding', () => {
  it.each([
    [5n, 10n, 0n],
    [15n, 10n, 2n],
    [25n, 10n, 2n],
    [35n, 10n, 4n],
    [-5n, 10n, 0n],
    [-15n, 10n, -2n],
    [-25n, 10n, -2n],
    [-26n, 10n, -3n],
    [-24n, 10n, -2n],
    [26n, 10n, 3n],
    [7n, 1n, 7n],
  ])('Money: %d ÷ %d is %d, half to even on both sides of zero', (numerator, denominator, expected) => {
    expect(roundHalfEven(numerator, denominator)).toBe(expected)
  })

  it('Money: agrees with an independent computation', () => {
    fc.assert(
      fc.property(numerators, denominators, (numerator, denominator) => {
        expect(roundHalfEven(numerator, denominator)).toBe(nearestByNeighbours(numerator, denominator))
      }),
      { numRuns: 1000 },
    )
  })

  it('Money: exact ties always land on the even neighbour', () => {
    fc.assert(
      fc.property(numerators, fc.bigInt({ min: 1n, max: 10n ** 12n }), (whole, half) => {
        const rounded = roundHalfEven(whole * 2n * half + half, 2n * half)
        expect(rounded % 2n).toBe(0n)
        expect(rounded === whole || rounded === whole + 1n).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  it('Money: is symmetric and never further than half a unit', () => {
    fc.assert(
      fc.property(numerators, denominators, (numerator, denominator) => {
        const rounded = roundHalfEven(numerator, denominator)
        expect(roundHalfEven(-numerator, denominator)).toBe(-rounded)
        const error = rounded * denominator - numerator
        expect(2n * (error < 0n ? -error : error) <= denominator).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  it('refuses to divide by zero or less', () => {
    expect(() => roundHalfEven(1n, 0n)).toThrow(RangeError)
    expect(() => roundHalfEven(1n, -1n)).toThrow(RangeError)
  })
})

describe('rounding in a named mode', () => {
  it.each([
    ['up', 3n],
    ['down', 2n],
    ['half_up', 3n],
    ['half_even', 2n],
  ] as const)('R-3 5/2 %s is %s, and −5/2 mirrors it', (mode, expected) => {
    expect(roundBy(mode, 5n, 2n)).toBe(expected)
    expect(roundBy(mode, -5n, 2n)).toBe(-expected)
  })

  it('R-3 every mode keeps whole numbers and stays within one of the quotient', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('up', 'down', 'half_up', 'half_even'),
        numerators,
        denominators,
        (mode, numerator, denominator) => {
          expect(roundBy(mode, numerator * denominator, denominator)).toBe(numerator)
          const error = roundBy(mode, numerator, denominator) * denominator - numerator
          expect((error < 0n ? -error : error) < denominator).toBe(true)
        },
      ),
      { numRuns: 1_000 },
    )
    expect(() => roundBy('up', 1n, 0n)).toThrow(RangeError)
  })
})

describe('amounts of quantities', () => {
  it('R-3 1,200 tokens at $2.50 per million are 3,000,000 nano-dollars', () => {
    expect(amountOf(1200n * oneUnit, parseRate('2.50'), 1_000_000n)).toBe(3_000_000n)
  })

  it('R-3 a single token at $0.01875 per million is 18.75 nano-dollars and rounds once, to 19', () => {
    expect(amountOf(oneUnit, parseRate('0.01875'), 1_000_000n)).toBe(19n)
    expect(amountOf(4n * oneUnit, parseRate('0.01875'), 1_000_000n)).toBe(75n)
  })

  it('R-3 the largest quantity at the largest rate does not lose a digit', () => {
    expect(amountOf(parseQuantity('999999999999999999'), parseRate('999999999999999999'), 1n)).toBe(
      999999999999999999n * 999999999999999999n * oneUnit,
    )
  })

  it('R-3 the two scales cancel: quantity × rate is nano-units at once', () => {
    expect(multiplyRoundHalfEven(oneUnit / 2n, { numerator: 3n, denominator: 1n })).toBe(1_500_000_000n)
  })
})
