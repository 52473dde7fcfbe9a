import { formatQuantity, oneUnit, sum } from '@portitor/money'
import fc from 'fast-check'
import { evaluateEvents } from './evaluate-events.ts'
import { compileEventPricing } from './event-pricing.ts'
import { anyGraduated } from './example-book.fixture.ts'
import { OrderedEvents } from './ordered-events.ts'
import type { PricedEvent } from './priced-event.ts'

const amount = fc.bigInt({ min: 0n, max: 50n * oneUnit })
const anyPrice = fc.oneof(
  fc.record({
    model: fc.constant('percentage' as const),
    percent: fc.constantFrom('1.3', '33.333'),
    fixed: fc.constantFrom(undefined, '0.30'),
    free_events: fc.constantFrom(undefined, 1, 3, 7),
    free_value: fc.option(amount.map(formatQuantity), { nil: undefined }),
    event_max: fc.constantFrom(undefined, '5'),
  }),
  anyGraduated.map(({ per, tiers }) => ({ model: 'prorated_graduated' as const, per, tiers })),
)
const anyEvents = fc
  .array(fc.record({ timeMs: fc.integer({ min: 0, max: 6 }), value: amount }), { minLength: 1, maxLength: 16 })
  .map((drawn) =>
    drawn.map(({ timeMs, value }, n): PricedEvent => {
      const quantity = BigInt((n % 3) - 1) * oneUnit
      return { id: `e${(n * 7) % 16}-${n}`, timeMs, value, quantity, prorated: quantity / 2n }
    }),
  )

describe('the ordered events of a segment', () => {
  it('R-2 owe what an evaluation of all of them gives, after each that comes and each that goes', () => {
    fc.assert(
      fc.property(
        anyPrice,
        anyEvents,
        fc.array(fc.nat(15), { maxLength: 12 }),
        fc.nat(16),
        (price, all, gone, first) => {
          const pricing = compileEventPricing({ model: 'by_event', price, amount: { max: '40' } })
          const kept = all.slice(0, first)
          const events = new OrderedEvents(pricing, kept)
          const holds = () => {
            expect(evaluateEvents(pricing.model, pricing.rule, kept)).toEqual({ total: events.owed })
            expect([events.count, events.quantity]).toEqual([kept.length, sum(kept.map(({ quantity }) => quantity!))])
          }
          holds()
          for (const event of all.slice(first)) {
            events.add(event)
            kept.push(event)
            holds()
          }
          for (const place of gone.filter((n) => n < kept.length)) {
            const [event] = kept.splice(place % kept.length, 1)
            if (event === undefined) break
            events.remove(event)
            holds()
          }
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('R-4 refuse an event that lacks what the model prices, and to let one go that is not there', () => {
    const price = { model: 'percentage' as const, percent: '1', free_events: 1 }
    const events = new OrderedEvents(compileEventPricing({ model: 'by_event', price }), [])
    expect(() => events.add({ id: 'a', timeMs: 1 })).toThrow(
      'the price follows from the event’s value'.replace('’', "'"),
    )
    expect(() => events.remove({ id: 'a', timeMs: 1 })).toThrow('is not kept')
    expect(events.owed).toBe(0n)
  })
})
