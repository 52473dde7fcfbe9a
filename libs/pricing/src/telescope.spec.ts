import { MoneyOverflow, oneUnit, sum } from '@portitor/money'
import fc from 'fast-check'
import { compileModel, evaluate, type EvaluableModel } from './evaluate.ts'
import {
  anyGraduated,
  anyQuantity,
  anyTokenUsage,
  perText,
  priceBook,
  rateText,
  tokensCharge,
} from './example-book.fixture.ts'
import { chargesFor } from './match-charge.ts'
import { rateUses, type SegmentStep } from './rate-uses.ts'
import { freshCounter, telescope, type Counter } from './telescope.ts'
import type { Usage } from './usage.ts'

const anyModel = fc.oneof(
  fc
    .record({ model: fc.constant('per_unit' as const), rate: rateText, per: perText })
    .map((price) => compileModel(price)),
  anyGraduated.map((price) => compileModel(price)),
)

function walk(model: EvaluableModel, quantities: readonly bigint[]): { amounts: bigint[]; counter: Counter } {
  let counter = freshCounter
  const amounts = quantities.map((quantity) => {
    const step = telescope(model, counter, quantity)
    counter = step.counter
    expect(counter.amount).toBe(evaluate(model, counter.quantity))
    return step.amount
  })
  return { amounts, counter }
}

/** Rates events one after the other, keeping a counter per segment as the rater does. */
function rateAll(events: readonly Usage[]): { steps: SegmentStep[]; counters: Map<string, Counter> } {
  const book = priceBook(tokensCharge)
  const counters = new Map<string, Counter>()
  const steps = events.flatMap((event) => {
    const charged = chargesFor(book, event)
    if ('refused' in charged) throw new Error(charged.refused.detail)
    const moved = rateUses(book, charged.uses, ({ group, cell }) => counters.get(`${group} ${cell}`) ?? freshCounter)
    for (const { group, cell, counter } of moved) counters.set(`${group} ${cell}`, counter)
    return moved
  })
  return { steps, counters }
}

describe('telescoping', () => {
  it('R-2 an event owes the difference: four tokens at 18.75 nano-dollars owe 19, 19, 18 and 19', () => {
    const model = compileModel({ model: 'per_unit', rate: '0.01875', per: '1000000' })
    const { amounts, counter } = walk(model, [oneUnit, oneUnit, oneUnit, oneUnit])
    expect(amounts).toEqual([19n, 19n, 18n, 19n])
    expect(counter).toEqual({ quantity: 4n * oneUnit, amount: 75n })
  })

  it('R-2 any split of a total owes F(total), and the counter is F of itself after every step', () => {
    fc.assert(
      fc.property(anyModel, fc.array(anyQuantity, { maxLength: 20 }), (model, quantities) => {
        const { amounts, counter } = walk(model, quantities)
        expect(sum(amounts)).toBe(evaluate(model, sum(quantities)))
        expect(counter.quantity).toBe(sum(quantities))
      }),
      { numRuns: 1_000 },
    )
  })

  it('R-2 any order of the same events, corrections before what they correct included, owes the same sum', () => {
    const events = fc.array(
      fc.oneof(
        anyQuantity,
        anyQuantity.map((quantity) => -quantity),
      ),
      { maxLength: 12 },
    )
    const orders = events.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })),
    )
    fc.assert(
      fc.property(anyModel, orders, (model, [one, other]) => {
        expect(sum(walk(model, one).amounts)).toBe(sum(walk(model, other).amounts))
      }),
      { numRuns: 1_000 },
    )
  })

  it('R-2 a matrix owes F(total) of every segment, in any order of its events', () => {
    const orders = fc
      .array(anyTokenUsage, { maxLength: 12 })
      .chain((list) =>
        fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })),
      )
    fc.assert(
      fc.property(orders, ([one, other]) => {
        const [first, second] = [rateAll(one), rateAll(other)]
        expect(new Map([...first.counters].sort())).toEqual(new Map([...second.counters].sort()))
        expect(sum(first.steps.map((step) => step.amount))).toBe(
          sum([...first.counters.values()].map((counter) => counter.amount)),
        )
        for (const { group, cell, model } of first.steps) {
          const counter = first.counters.get(`${group} ${cell}`)!
          expect(counter.amount).toBe(evaluate(model, counter.quantity))
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('Money: an amount that one transfer cannot hold is refused, not wrapped', () => {
    const model = compileModel({ model: 'per_unit', rate: '9223372036', per: '1' })
    expect(() => telescope(model, freshCounter, 2n * oneUnit)).toThrow(MoneyOverflow)
  })
})
