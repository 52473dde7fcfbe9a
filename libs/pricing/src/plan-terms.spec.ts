import { add, rational } from '@portitor/money'
import fc from 'fast-check'
import { BookInvalid, type EventPrice } from './charge.ts'
import { combineBooks } from './combine-books.ts'
import { compilePlan } from './compile-plan.ts'
import { compileEventPricing } from './event-pricing.ts'
import { eventAmount, isAdditive, owedOfSum } from './event-sum.ts'
import { evaluateEvents } from './evaluate-events.ts'
import { priceBook, usage } from './example-book.fixture.ts'
import { chargesFor } from './match-charge.ts'
import type { Plan } from './plan.ts'
import { withOverrides } from './plan-terms.ts'
import type { PricedEvent } from './priced-event.ts'

const perUnit = (id: string, meters: string[], rate = '1') => ({
  id,
  meters,
  price: { model: 'per_unit' as const, rate, per: '1' },
})
const plan = (id: string, charges: Plan['charges'], currency = 'USD'): Plan => ({
  id,
  name: id,
  currency,
  fees: [],
  charges,
})
const anyPrice: fc.Arbitrary<EventPrice> = fc.constantFrom<EventPrice>(
  { model: 'outcome', amount: '0.333333333', share_percent: '7.77', dispute_days: 3, event_max: '4' },
  { model: 'percentage', percent: '2.9', fixed: '0.30', event_min: '0.5' },
  { model: 'dynamic', multiplier: '1.1111111' },
  { model: 'cost_plus', margin_percent: '33.3333' },
)
const anyEvent = fc
  .record({
    value: fc.bigInt(0n, 10n ** 12n),
    cost: fc.bigInt(0n, 10n ** 12n),
    quantity: fc.bigInt(0n, 5n * 10n ** 9n),
  })
  .map((event): Omit<PricedEvent, 'id'> => ({ ...event, timeMs: 0 }))

describe('charges on terms of a subscriber', () => {
  it('R-2 an exact sum of events owes what all of them owe, whatever was taken out again, with any rules', () => {
    fc.assert(
      fc.property(
        anyPrice,
        fc.record({ discount_percent: fc.constantFrom(undefined, '12.5'), max: fc.constantFrom(undefined, '9') }),
        fc.array(anyEvent, { maxLength: 8 }),
        fc.array(anyEvent, { maxLength: 4 }),
        (price, amount, kept, gone) => {
          const { model, rule } = compileEventPricing({ model: 'by_event', price, amount, credit_rate: '0.3' })
          expect(isAdditive(model)).toBe(true)
          const named = (events: readonly Omit<PricedEvent, 'id'>[]) =>
            events.map((event, n) => ({ ...event, id: `${n}` }))
          const exact = (event: PricedEvent) => {
            const priced = eventAmount(model, event)
            if ('refused' in priced) throw new Error(priced.refused.detail)
            return priced.amount
          }
          let sum = rational(0n, 1n)
          for (const event of [...named(gone), ...named(kept)]) sum = add(sum, exact(event))
          for (const event of named(gone)) sum = add(sum, { ...exact(event), numerator: -exact(event).numerator })
          expect({ total: owedOfSum(rule, sum) }).toEqual(evaluateEvents(model, rule, named(kept)))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('R-2 what follows from the order of events is no sum', () => {
    const { model } = compileEventPricing({
      model: 'by_event',
      price: { model: 'percentage', percent: '1', free_events: 1 },
    })
    expect(isAdditive(model)).toBe(false)
    expect(() => eventAmount(model, { id: '1', timeMs: 0, value: 1n })).toThrow(RangeError)
  })

  it('B-2 an override takes the place of the charge of its id, and is refused where there is none', () => {
    const own = perUnit('tokens', ['input_tokens'], '9')
    const changed = withOverrides(plan('p', [perUnit('calls', ['requests']), perUnit('tokens', ['input_tokens'])]), {
      charges: [own],
    })
    expect(changed.charges.map(({ id, price }) => [id, 'rate' in price && price.rate])).toEqual([
      ['calls', '1'],
      ['tokens', '9'],
    ])
    expect(() => withOverrides(plan('p', []), { charges: [own] })).toThrow(
      new BookInvalid('overrides.charges.0.id', 'the plan has no tokens'),
    )
  })

  it('B-1 a plan comes before its add-ons and the price book, and each use names the version that it is from', () => {
    const own = compilePlan(plan('p', [perUnit('tokens', ['input_tokens'])]), { version: 3 }).book
    const addOn = compilePlan(plan('a', [perUnit('images', ['images', 'input_tokens'])]), { version: 2 }).book
    const rest = priceBook(perUnit('rest', ['images', 'vectors']))
    const charged = chargesFor(combineBooks([own, addOn, rest]), usage({ input_tokens: 1, images: 1, vectors: 1 }))
    if ('refused' in charged) throw new Error(charged.refused.detail)
    expect(charged.uses.map(({ charge, plan: of, version }) => [charge, of, version])).toEqual([
      ['tokens', 'p', 3],
      ['images', 'a', 2],
      ['rest', undefined, rest.version],
    ])
    expect(() => combineBooks([own, compilePlan(plan('e', [], 'EUR')).book])).toThrow(BookInvalid)
  })
})
