import { oneUnit, rational, roundHalfEven, sum } from '@portitor/money'
import fc from 'fast-check'
import { anyComposed, anySmallQuantity, anyTotal, plainTotal, zero } from './charge-models.fixture.ts'
import { componentsOf, exactSum, subtractComponents } from './components.ts'
import { compileModel, evaluate, feeAtZero } from './evaluate.ts'
import { anyQuantity } from './example-book.fixture.ts'
import { explain, priceOf } from './explain.ts'
import { trueUp } from './period-amounts.ts'
import { freshCounter, telescope } from './telescope.ts'
import { compileTotal, denominatorOf, numeratorOf } from './total-function.ts'

const runs = { numRuns: 1_000 }
const anyPrice = fc.oneof(anyTotal, anyComposed)
const anyStep = fc.oneof(
  anySmallQuantity,
  anySmallQuantity.map((quantity) => -quantity),
)
const plainRounded = (price: Parameters<typeof plainTotal>[0], quantity: bigint): bigint => {
  const { numerator, denominator } = plainTotal(price, rational(quantity, oneUnit))
  return roundHalfEven(numerator, denominator)
}

describe('every model that prices a total', () => {
  it('R-2 any split and any order of a period sum to F(total), with any rules around the model', () => {
    const orders = fc
      .array(anyStep, { maxLength: 8 })
      .chain((list) =>
        fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })),
      )
    fc.assert(
      fc.property(anyPrice, orders, (price, [one, other]) => {
        const model = compileModel(price)
        const walk = (steps: readonly bigint[]): bigint => {
          let counter = freshCounter
          return sum(
            steps.map((delta) => {
              const step = telescope(model, counter, delta)
              counter = step.counter
              expect(counter.amount).toBe(evaluate(model, counter.quantity))
              return step.amount
            }),
          )
        }
        expect(walk(one)).toBe(evaluate(model, sum(one)))
        expect(walk(other)).toBe(walk(one))
      }),
      runs,
    )
  })

  it('R-3 F and the fee at zero are what plain fractions give, rounded once each', () => {
    fc.assert(
      fc.property(anyPrice, anyQuantity, (price, quantity) => {
        const model = compileModel(price)
        expect(feeAtZero(model)).toBe(plainRounded(price, 0n))
        expect(evaluate(model, quantity) + feeAtZero(model)).toBe(plainRounded(price, quantity))
      }),
      runs,
    )
  })

  it('R-2 nothing used owes nothing, and a total below zero owes the negative of its mirror or nothing', () => {
    fc.assert(
      fc.property(anyPrice, anyQuantity, (price, quantity) => {
        const model = compileModel(price)
        expect(evaluate(model, 0n)).toBe(0n)
        const floored = price.model === 'composed' && price.quantity?.below_zero === 'zero'
        const mirrored = floored && quantity > 0n ? 0n : -evaluate(model, quantity)
        expect(evaluate(model, -quantity)).toBe(mirrored === 0n ? 0n : mirrored)
      }),
      runs,
    )
  })

  it('R-3 a maximum is never exceeded, a discount never adds, a minimum is met exactly', () => {
    fc.assert(
      fc.property(
        anyTotal,
        anyQuantity,
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: 0, max: 5_000 }),
        (price, quantity, percent, max) => {
          const total = (model: ReturnType<typeof compileModel>): bigint => evaluate(model, quantity) + feeAtZero(model)
          const plain = total(compileModel(price))
          const off = total(compileModel({ model: 'composed', price, amount: { discount_percent: String(percent) } }))
          const capped = total(compileModel({ model: 'composed', price, amount: { max: String(max) } }))
          const limit = BigInt(max) * oneUnit
          expect(off <= plain).toBe(true)
          expect(capped).toBe(plain < limit ? plain : limit)
          expect(plain + trueUp(limit, plain)).toBe(plain > limit ? plain : limit)
        },
      ),
      runs,
    )
  })

  it('R-4 nothing is silently free: a positive rate owes something for every started package and every whole unit', () => {
    const positive = anyTotal.filter((price) =>
      'tiers' in price
        ? price.tiers.every(({ rate }) => Number(rate) > 0)
        : price.model === 'package'
          ? price.free_units === undefined && Number(price.amount) > 0
          : Number(price.rate) > 0,
    )
    fc.assert(
      fc.property(positive, (price) => {
        const { numerator } = plainTotal(price, rational(1n, oneUnit))
        expect(numerator > 0n).toBe(true)
        const model = compileTotal(price, 'price')
        expect(numeratorOf(model, 1n) > 0n).toBe(true)
      }),
      runs,
    )
  })

  it('R-3 the components of a total sum to its exact amount, and those of two parts to those of the whole', () => {
    fc.assert(
      fc.property(anyTotal, anyQuantity, anyQuantity, (price, first, second) => {
        const model = compileTotal(price, 'price')
        const whole = componentsOf(model, first + second)
        expect(exactSum(whole)).toEqual(rational(numeratorOf(model, first + second), denominatorOf(model)))
        const before = componentsOf(model, first)
        expect(exactSum([...before, ...subtractComponents(whole, before)])).toEqual(exactSum(whole))
      }),
      runs,
    )
  })

  it('R-11 the stored price is the model again, and its explanation sums to what was owed', () => {
    fc.assert(
      fc.property(anyPrice, anyQuantity, anyQuantity, (price, q0, more) => {
        const model = compileModel(price)
        const q1 = q0 + more
        const amount = evaluate(model, q1) - evaluate(model, q0)
        const segment = { side: 'price' as const, charge: 'c', version: 1, group: 'm', cell: 'm' }
        const stored = JSON.parse(JSON.stringify(priceOf(model))) as ReturnType<typeof priceOf>
        const { price: owed, contradictions } = explain([{ ...segment, q0, q1, amount, price: stored }], 'USD')
        expect([owed, contradictions]).toEqual([amount, []])
      }),
      runs,
    )
  })
})

describe('models by example', () => {
  const tiers = [
    { up_to: '10', rate: '2', flat_amount: '5' },
    { up_to: null, rate: '1' },
  ]
  const units = (text: string): bigint => BigInt(Math.round(Number(text) * 1e9))

  it.each([
    ['R-3 graduated: 10 at 2 and 5 flat, then 2 at 1', { model: 'graduated', per: '1', tiers }, '12', '27'],
    ['R-3 volume: all 12 at 1', { model: 'volume', per: '1', tiers }, '12', '12'],
    ['R-3 volume falls where the tier changes: 10 at 2 and 5 flat', { model: 'volume', per: '1', tiers }, '10', '25'],
    ['R-3 package: 121 is 13 tens', { model: 'package', size: '10', amount: '3' }, '121', '39'],
    [
      'R-3 package: 20 units free, 101 is 11 tens',
      { model: 'package', size: '10', amount: '3', free_units: '20' },
      '121',
      '33',
    ],
  ] as const)('%s', (_title, price, quantity, expected) => {
    expect(evaluate(compileModel(price), units(quantity))).toBe(units(expected))
  })

  it('R-3 composed: 7,400 calls in thousands, rounded up, 3 free, at 2 less 10 %, at most 8, in credits of $0.50', () => {
    const price = {
      model: 'composed' as const,
      price: { model: 'per_unit' as const, rate: '2', per: '1' },
      quantity: {
        convert: { by: 'divide' as const, factor: '1000' },
        round: { mode: 'up' as const, to: '1' },
        free: { units: '3', per: 'workspace' as const },
      },
      amount: { discount_percent: '10', max: '8' },
      credit_rate: '0.5',
    }
    expect(evaluate(compileModel(price), 7_400n * oneUnit)).toBe(4n * oneUnit)
    expect(evaluate(compileModel({ ...price, amount: { discount_percent: '10' } }), 7_400n * oneUnit)).toBe(
      4_500_000_000n,
    )
    const told = explain(
      [
        {
          side: 'price',
          charge: 'calls',
          version: 1,
          group: 'calls',
          cell: 'calls',
          q0: 0n,
          q1: 7_400n * oneUnit,
          amount: 4n * oneUnit,
          price,
        },
      ],
      'USD',
    )
    expect(told.lines[0]!.text).toMatch(
      /^7,400 calls at \$2 each \(quantity ÷ 1,000, rounded up to 1, 3 free, less 10 %, at most \$8, in credits of \$0\.5\): .* owed \$4\.00/,
    )
  })

  it('R-3 a first flat amount of every period is a fee at zero, and usage owes the rest', () => {
    const model = compileModel({ model: 'graduated', per: '1', tiers, first_flat: 'every_period' })
    expect([feeAtZero(model), evaluate(model, 2n * oneUnit)]).toEqual([5n * oneUnit, 4n * oneUnit])
    expect(plainTotal({ model: 'graduated', per: '1', tiers }, zero)).toEqual(zero)
  })
})
