import { oneUnit, parseQuantity, parseRate } from '@portitor/money'
import fc from 'fast-check'
import { BookInvalid, type GraduatedPrice, type PerUnitPrice } from './charge.ts'
import { compileModel, evaluate } from './evaluate.ts'
import { anyGraduated, anyQuantity, perText, rateText } from './example-book.fixture.ts'

const graduated: GraduatedPrice = {
  model: 'graduated',
  per: '1000',
  tiers: [
    { up_to: '1000', rate: '1' },
    { up_to: '5000', rate: '0.50' },
    { up_to: null, rate: '0.10' },
  ],
}

/** F by another road: every part of the quantity as a fraction, added up, then the nearer of both neighbours. */
function independently(price: PerUnitPrice | GraduatedPrice, quantity: bigint): bigint {
  const tiers = price.model === 'per_unit' ? [{ up_to: null, rate: price.rate }] : price.tiers
  let [numerator, denominator, from] = [0n, 1n, 0n]
  const add = (n: bigint, d: bigint): void => {
    numerator = numerator * d + n * denominator
    denominator *= d
  }
  for (const tier of tiers) {
    const end = tier.up_to === null ? quantity : parseQuantity(tier.up_to)
    const within = (quantity < end ? quantity : end) - from
    if (within <= 0n) break
    const rate = parseRate(tier.rate)
    add(within * rate.numerator, rate.denominator * BigInt(price.per))
    const flat = parseRate(('flat_amount' in tier ? tier.flat_amount : undefined) ?? '0')
    add(flat.numerator * 1_000_000_000n, flat.denominator)
    from = end
  }
  const below = numerator / denominator
  const distances = 2n * (numerator % denominator) - denominator
  return distances > 0n || (distances === 0n && below % 2n === 1n) ? below + 1n : below
}

describe('F, the amount of a cumulative quantity', () => {
  it('R-3 per unit: 1,000,000 tokens at $2.50 per million are $2.50', () => {
    const model = compileModel({ model: 'per_unit', rate: '2.50', per: '1000000' })
    expect(evaluate(model, 1_000_000n * oneUnit)).toBe(2_500_000_000n)
    expect(evaluate(model, 0n)).toBe(0n)
  })

  it.each([
    [1n, 1_000_000n],
    [1000n, 1_000_000_000n],
    [1001n, 1_000_500_000n],
    [5000n, 3_000_000_000n],
    [15_000n, 4_000_000_000n],
  ])('R-3 graduated: each tier its own rate, its end inclusive: %d units', (units, nanos) => {
    expect(evaluate(compileModel(graduated), units * oneUnit)).toBe(nanos)
  })

  it('R-3 tier + flat fee: a flat amount is owed once, from the first part of a unit in its tier', () => {
    const tiers = [
      { up_to: '10', rate: '0', flat_amount: '5' },
      { up_to: null, rate: '1', flat_amount: '2.5' },
    ]
    const model = compileModel({ model: 'graduated', per: '1', tiers })
    expect([0n, 1n, 10n * oneUnit, 10n * oneUnit + 1n].map((quantity) => evaluate(model, quantity))).toEqual([
      0n,
      5_000_000_000n,
      5_000_000_000n,
      7_500_000_001n,
    ])
  })

  it('R-2 per unit equals an independent exact computation, rounded half-even', () => {
    fc.assert(
      fc.property(rateText, perText, anyQuantity, (rate, per, quantity) => {
        const price: PerUnitPrice = { model: 'per_unit', rate, per }
        expect(evaluate(compileModel(price), quantity)).toBe(independently(price, quantity))
      }),
      { numRuns: 1_000 },
    )
  })

  it('R-2 graduated equals an independent exact computation, rounded half-even', () => {
    fc.assert(
      fc.property(anyGraduated, anyQuantity, (price, quantity) => {
        expect(evaluate(compileModel(price), quantity)).toBe(independently(price, quantity))
      }),
      { numRuns: 1_000 },
    )
  })

  it('R-2 never falls as the quantity grows, and mirrors below zero', () => {
    fc.assert(
      fc.property(anyGraduated, anyQuantity, anyQuantity, (price, quantity, more) => {
        const model = compileModel(price)
        expect(evaluate(model, quantity + more) >= evaluate(model, quantity)).toBe(true)
        expect(evaluate(model, -quantity)).toBe(-evaluate(model, quantity))
      }),
      { numRuns: 1_000 },
    )
  })

  it.each([
    ['a last tier with an end', [{ up_to: '5', rate: '1' }]],
    [
      'a middle tier without one',
      [
        { up_to: null, rate: '1' },
        { up_to: null, rate: '1' },
      ],
    ],
    [
      'tiers that do not ascend',
      [
        { up_to: '5', rate: '1' },
        { up_to: '5', rate: '2' },
        { up_to: null, rate: '1' },
      ],
    ],
    [
      'a tier that ends at 0',
      [
        { up_to: '0', rate: '1' },
        { up_to: null, rate: '1' },
      ],
    ],
    [
      'an end that is no quantity',
      [
        { up_to: '1e3', rate: '1' },
        { up_to: null, rate: '1' },
      ],
    ],
  ])('R-4 a book with %s is refused, naming the tier', (_, tiers) => {
    expect(() => compileModel({ model: 'graduated', per: '1', tiers }, 'charges.0.price')).toThrow(BookInvalid)
    expect(() => compileModel({ model: 'graduated', per: '1', tiers }, 'charges.0.price')).toThrow(
      /^charges\.0\.price\.tiers\.\d\.up_to: /,
    )
  })
})
