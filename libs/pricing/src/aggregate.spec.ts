import { oneUnit } from '@portitor/money'
import fc from 'fast-check'
import { advance, aggregateOf, freshAggregate, type AggregatedEvent, type Aggregation } from './aggregate.ts'
import { compileModel, evaluate } from './evaluate.ts'
import { freshCounter, telescope } from './telescope.ts'

type Event = AggregatedEvent & { readonly value: string }

const aggregations: readonly Aggregation[] = ['sum', 'count', 'max', 'unique', 'latest']
/** Few times, ids and values, so that they meet. */
const event: fc.Arbitrary<Event> = fc.record({
  timeMs: fc.integer({ min: 0, max: 3 }),
  id: fc.oneof(fc.constantFrom('a', 'b', 'ab', '\uffee', '😀', '😀a'), fc.string({ maxLength: 2, unit: 'grapheme' })),
  quantity: fc.oneof(fc.constantFrom(0n, oneUnit), fc.bigInt({ min: 0n, max: 10n ** 27n })),
  value: fc.constantFrom('x', 'y', 'z', '__proto__', ''),
})
const shuffled = fc
  .array(event, { maxLength: 30 })
  .chain((events) => fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })))

/** The steps as the rater takes them: the set of values stands outside of the state. */
function walk(aggregation: Aggregation, events: readonly Event[]) {
  const seen = new Set<string>()
  let state = freshAggregate(aggregation)
  const steps = events.map((one) => {
    const step = advance(state, one, !seen.has(one.value))
    seen.add(one.value)
    state = step.state
    return step
  })
  return { steps, state }
}

/** What an aggregation means, said without steps. */
function meaning(aggregation: Aggregation, events: readonly Event[]): bigint {
  const quantities = events.map(({ quantity }) => quantity)
  switch (aggregation) {
    case 'sum':
    case 'count':
      return quantities.reduce((total, quantity) => total + quantity, 0n)
    case 'max':
      return quantities.reduce((most, quantity) => (quantity > most ? quantity : most), 0n)
    case 'unique':
      return oneUnit * BigInt(new Set(events.map(({ value }) => value)).size)
    case 'latest':
      return (
        [...events]
          .sort(
            (a, b) =>
              a.timeMs - b.timeMs ||
              Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)) ||
              (a.quantity < b.quantity ? -1 : a.quantity > b.quantity ? 1 : 0),
          )
          .at(-1)?.quantity ?? 0n
      )
  }
}

describe('aggregations', () => {
  it.each<[Aggregation, bigint[]]>([
    ['sum', [5n, 7n, 16n, 17n]],
    ['max', [5n, 5n, 9n, 9n]],
    ['unique', [1n, 1n, 2n, 2n]],
    ['latest', [5n, 5n, 9n, 1n]],
  ])('M-3 %s goes through %s', (aggregation, expected) => {
    const events: readonly Event[] = [
      { timeMs: 20, id: 'a', quantity: 5n * oneUnit, value: 'x' },
      { timeMs: 10, id: 'b', quantity: 2n * oneUnit, value: 'x' },
      { timeMs: 20, id: 'b', quantity: 9n * oneUnit, value: 'y' },
      { timeMs: 30, id: 'a', quantity: oneUnit, value: 'y' },
    ]
    const { steps } = walk(aggregation, events)
    expect(steps.map(({ q1 }) => q1 / oneUnit)).toEqual(expected)
  })

  it('M-3 a later event of a smaller quantity takes the latest down, and its step owes less than nothing', () => {
    const model = compileModel({ model: 'per_unit', rate: '2', per: '1' })
    const first = advance(freshAggregate('latest'), { timeMs: 1, id: 'a', quantity: 5n * oneUnit })
    const second = advance(first.state, { timeMs: 2, id: 'b', quantity: oneUnit })
    expect(evaluate(model, second.q1) - evaluate(model, second.q0)).toBe(-8_000_000_000n)
  })

  it.each(aggregations)('R-2 %s ends at what it means in any order, and its steps join up to that', (aggregation) => {
    fc.assert(
      fc.property(shuffled, ([events, otherwise]) => {
        const { steps, state } = walk(aggregation, otherwise)
        expect(state.quantity).toBe(meaning(aggregation, events))
        steps.forEach(({ q0 }, index) => expect(q0).toBe(steps[index - 1]?.q1 ?? 0n))
        expect(steps.at(-1)?.q1 ?? 0n).toBe(state.quantity)
        expect(walk(aggregation, events).state).toEqual(state)
        expect(aggregateOf(aggregation, otherwise)).toBe(state.quantity)
      }),
      { numRuns: 1_000 },
    )
  })

  it.each(aggregations)('R-2 the amounts of %s sum to F of its end, also where a price falls', (aggregation) => {
    const model = compileModel({
      model: 'volume',
      per: '1',
      tiers: [
        { up_to: '10', rate: '3' },
        { up_to: null, rate: '1' },
      ],
    })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        const small = events.map((one) => ({ ...one, quantity: one.quantity % (20n * oneUnit) }))
        let counter = freshCounter
        let owed = 0n
        for (const { q0, q1 } of walk(aggregation, small).steps) {
          const step = telescope(model, counter, q1 - q0)
          counter = step.counter
          owed += step.amount
        }
        expect(owed).toBe(evaluate(model, aggregateOf(aggregation, small)))
      }),
      { numRuns: 1_000 },
    )
  })

  it.each(['max', 'unique', 'latest'] as const)('R-2 a repeat of an event moves %s no further', (aggregation) => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 10 }), (events) => {
        expect(walk(aggregation, [...events, ...events]).state).toEqual(walk(aggregation, events).state)
      }),
      { numRuns: 1_000 },
    )
  })

  it('M-3 an event of a unique meter without a value counts nothing', () => {
    expect(aggregateOf('unique', [{ timeMs: 1, id: 'a', quantity: oneUnit }])).toBe(0n)
  })
})
