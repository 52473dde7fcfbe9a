import {
  formatQuantity,
  oneUnit,
  parseQuantity,
  parseRate,
  rational,
  roundHalfEven,
  sum,
  add,
  multiply,
} from '@portitor/money'
import fc from 'fast-check'
import { compileAmountRule } from './amount-rule.ts'
import type { EventPrice } from './charge.ts'
import { compileEventModel, evaluateEvents, inOrder } from './evaluate-events.ts'
import { anyGraduated } from './example-book.fixture.ts'
import type { PricedEvent } from './priced-event.ts'
import { freshEventCounter, telescopeEvents } from './telescope-events.ts'

const runs = { numRuns: 1_000 }
const noRule = compileAmountRule(undefined, undefined, 'amount')
const amount = fc.bigInt({ min: 0n, max: 500n * oneUnit })
const amountText = amount.map(formatQuantity)
const bounds = { event_min: fc.constantFrom(undefined, '0.5', '2'), event_max: fc.constantFrom(undefined, '5', '40') }
const percentText = fc.constantFrom('0', '1.3', '2.9', '20', '33.333')

const anyEventPrice: fc.Arbitrary<EventPrice> = fc.oneof(
  fc.record({
    model: fc.constant('percentage' as const),
    percent: percentText,
    fixed: fc.constantFrom(undefined, '0.30'),
    free_events: fc.constantFrom(undefined, 1, 3),
    free_value: fc.option(amountText, { nil: undefined }),
    ...bounds,
  }),
  fc.record({ model: fc.constant('dynamic' as const), multiplier: fc.constantFrom('1', '1.33333'), ...bounds }),
  fc.record({
    model: fc.constant('cost_plus' as const),
    margin_percent: percentText,
    margins: fc.constantFrom(undefined, [
      { provider: 'p', margin_percent: '50' },
      { model: 'm', margin_percent: '0' },
    ]),
    ...bounds,
  }),
  fc.record({
    model: fc.constant('outcome' as const),
    amount: fc.constant('0.80'),
    share_percent: fc.constantFrom(undefined, '12.5'),
    quality_min: fc.constantFrom(undefined, '0.7'),
    dispute_days: fc.constant(14),
    ...bounds,
  }),
  anyGraduated.map(({ per, tiers }) => ({ model: 'prorated_graduated' as const, per, tiers })),
)
const anyEvents: fc.Arbitrary<PricedEvent[]> = fc
  .array(
    fc.record({
      timeMs: fc.integer({ min: 0, max: 5 }),
      value: amount,
      cost: amount,
      quality: fc.constantFrom(undefined, oneUnit / 2n, oneUnit),
      qualified: fc.constantFrom(undefined, true, false),
      provider: fc.constantFrom('P', 'q'),
      model: fc.constantFrom('M', 'n'),
      quantity: fc.bigInt({ min: -30n, max: 90n }).map((count) => count * oneUnit),
      share: fc.bigInt({ min: 0n, max: 30n }),
      disputed: fc.constantFrom(undefined, 0, 14 * 86_400_000, 15 * 86_400_000),
    }),
    { maxLength: 9 },
  )
  .map((list) =>
    list.map(({ share, disputed, ...event }, index) => ({
      ...event,
      id: `e${index}`,
      prorated: (event.quantity * share) / 30n,
      disputedAtMs: disputed === undefined ? undefined : event.timeMs + disputed,
    })),
  )

/** Seats go as well as come; outcomes only come. */
const fitting = (price: EventPrice, events: readonly PricedEvent[]): PricedEvent[] =>
  events.map((event) =>
    price.model === 'outcome' && event.quantity! < 0n ? { ...event, quantity: -event.quantity! } : event,
  )

describe('prices by event', () => {
  it('R-2 any order of arrival sums to F of the events: a late one owes the difference of a re-evaluation', () => {
    const arrivals = anyEvents.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })),
    )
    fc.assert(
      fc.property(anyEventPrice, arrivals, (price, [events, arrived]) => {
        const model = compileEventModel(price, 'price')
        const rule = compileAmountRule({ discount_percent: '5', max: '300' }, '0.5', 'amount')
        let counter = freshEventCounter
        const owed = fitting(price, arrived).map((event) => {
          const step = telescopeEvents(model, rule, counter, event)
          if ('refused' in step) throw new Error(step.refused.detail)
          counter = step.counter
          return step.amount
        })
        expect({ total: sum(owed) }).toEqual(evaluateEvents(model, rule, fitting(price, events)))
        expect(counter.amount <= 150n * oneUnit).toBe(true)
      }),
      runs,
    )
  })

  it('R-3 each is what plain fractions give, one event after the other', () => {
    fc.assert(
      fc.property(anyEventPrice, anyEvents, (price, drawn) => {
        const events = fitting(price, drawn)
        const { numerator, denominator } = plainly(price, inOrder(events))
        expect(evaluateEvents(compileEventModel(price, 'price'), noRule, events)).toEqual({
          total: roundHalfEven(numerator, denominator),
        })
      }),
      runs,
    )
  })

  it('R-4 an event that lacks what is priced is refused, never free', () => {
    const bare = { id: 'x', timeMs: 0 }
    for (const price of [
      { model: 'percentage', percent: '1' },
      { model: 'dynamic', multiplier: '1' },
      { model: 'cost_plus', margin_percent: '10' },
      { model: 'outcome', share_percent: '10', dispute_days: 0 },
      { model: 'prorated_graduated', per: '1', tiers: [{ up_to: null, rate: '1' }] },
    ] as const)
      expect(evaluateEvents(compileEventModel(price, 'price'), noRule, [bare])).toMatchObject({
        event: 'x',
        refused: { code: 'pricing.no_rate' },
      })
    const reversed = { ...bare, quantity: -1n }
    expect(
      evaluateEvents(compileEventModel({ model: 'outcome', amount: '1', dispute_days: 0 }, 'p'), noRule, [reversed]),
    ).toMatchObject({ refused: { field: 'data.quantity' } })
    const negative = evaluateEvents(compileEventModel({ model: 'dynamic', multiplier: '1' }, 'p'), noRule, [
      { ...bare, value: -1n },
    ])
    expect(negative).toMatchObject({ refused: { field: 'data.value' } })
  })

  it('R-3 a dispute within its window claws the outcome back, to the nano; a later one changes nothing', () => {
    const model = compileEventModel(
      { model: 'outcome', amount: '0.80', share_percent: '10', dispute_days: 14 },
      'price',
    )
    const meeting = { id: 'm', timeMs: 1_000, value: 25n * oneUnit }
    const first = telescopeEvents(model, noRule, freshEventCounter, meeting)
    if ('refused' in first) throw new Error(first.refused.detail)
    expect(first.amount).toBe(3_300_000_000n)
    const day = 86_400_000
    const disputed = (afterMs: number) =>
      telescopeEvents(model, noRule, first.counter, { ...meeting, disputedAtMs: 1_000 + afterMs })
    expect(disputed(14 * day)).toMatchObject({ amount: -3_300_000_000n })
    expect(disputed(14 * day + 1)).toMatchObject({ amount: 0n })
  })

  it('R-3 a seat that was there for no share of the period owes no tier', () => {
    const tiers = [
      { up_to: '5', rate: '10', flat_amount: '100' },
      { up_to: null, rate: '5', flat_amount: '50' },
    ]
    const model = compileEventModel({ model: 'prorated_graduated', per: '1', tiers }, 'price')
    const step = (id: string, seats: bigint, share: bigint): PricedEvent => ({
      id,
      timeMs: 0,
      quantity: seats * oneUnit,
      prorated: share * oneUnit,
    })
    const events = [step('a', 20n, 0n), step('b', -20n, 0n), step('c', 2n, 1n)]
    expect(evaluateEvents(model, noRule, events)).toEqual({ total: 110n * oneUnit })
  })

  it('R-3 free events go to the earliest by time and id, so a late one moves the allowance', () => {
    const model = compileEventModel({ model: 'percentage', percent: '10', free_events: 1 }, 'price')
    const event = (id: string, timeMs: number, value: bigint): PricedEvent => ({ id, timeMs, value: value * oneUnit })
    const first = telescopeEvents(model, noRule, freshEventCounter, event('b', 2, 100n))
    if ('refused' in first) throw new Error(first.refused.detail)
    expect(first.amount).toBe(0n)
    expect(telescopeEvents(model, noRule, first.counter, event('a', 1, 30n))).toMatchObject({ amount: 10n * oneUnit })
  })
})

type Fraction = ReturnType<typeof rational>
const zero = rational(0n, 1n)
const minus = (left: Fraction, right: Fraction): Fraction => add(left, rational(-right.numerator, right.denominator))
const least = (left: Fraction, right: Fraction): Fraction => (minus(left, right).numerator < 0n ? left : right)
const most = (left: Fraction, right: Fraction): Fraction => (minus(left, right).numerator < 0n ? right : left)
const nanos = (text: string): Fraction => multiply(parseRate(text), rational(oneUnit, 1n))
const share = (value: bigint, percent: string): Fraction => multiply(rational(value, 100n), parseRate(percent))

function plainly(price: EventPrice, events: readonly PricedEvent[]): Fraction {
  if (price.model === 'prorated_graduated') return plainlyProrated(price, events)
  const clamp = (owed: Fraction): Fraction => {
    const raised = price.event_min === undefined ? owed : most(owed, nanos(price.event_min))
    return price.event_max === undefined ? raised : least(raised, nanos(price.event_max))
  }
  let used = 0n
  return events
    .map((event, index) => {
      switch (price.model) {
        case 'dynamic':
          return clamp(multiply(rational(event.value!, 1n), parseRate(price.multiplier)))
        case 'cost_plus': {
          const margin =
            price.margins === undefined
              ? price.margin_percent
              : event.model === 'M'
                ? '0'
                : event.provider === 'P'
                  ? '50'
                  : price.margin_percent
          return clamp(add(rational(event.cost!, 1n), share(event.cost!, margin)))
        }
        case 'outcome': {
          const bad = event.qualified === false || (price.quality_min !== undefined && event.quality !== oneUnit)
          const disputed = event.disputedAtMs !== undefined && event.disputedAtMs - event.timeMs <= 14 * 86_400_000
          return bad || disputed
            ? zero
            : clamp(
                add(
                  multiply(nanos('0.80'), rational(event.quantity!, oneUnit)),
                  share(event.value!, price.share_percent ?? '0'),
                ),
              )
        }
        case 'percentage': {
          const freeValue = price.free_value === undefined ? 0n : parseQuantity(price.free_value)
          const [counts, values] = [(price.free_events ?? 0) > 0, freeValue > 0n]
          const inCount = !counts || index < price.free_events!
          const room = freeValue - used
          used += event.value!
          // The value's allowance is used by every event up to the one that exhausts it, unless the count ended before.
          if ((counts || values) && inCount && (!values || event.value! < room)) return zero
          const free = values && inCount && room > 0n ? room : 0n
          return clamp(add(share(event.value! - free, price.percent), nanos(price.fixed ?? '0')))
        }
      }
    })
    .reduce(add, zero)
}

/** Unit by unit: each whole unit of a step is priced by the tier that it stands in. */
function plainlyProrated(
  price: Extract<EventPrice, { model: 'prorated_graduated' }>,
  events: readonly PricedEvent[],
): Fraction {
  const rateUpTo = (quantity: bigint): Fraction => {
    const size = quantity < 0n ? -quantity : quantity
    let from = 0n
    let owed = zero
    for (const [index, tier] of price.tiers.entries()) {
      const end = tier.up_to === null || (quantity < 0n && index === 0) ? size : parseQuantity(tier.up_to)
      const within = (size < end ? size : end) - from
      if (within > 0n) owed = add(owed, multiply(rational(within, BigInt(price.per)), parseRate(tier.rate)))
      if (size <= end) break
      from = end
    }
    return quantity < 0n ? rational(-owed.numerator, owed.denominator) : owed
  }
  let total = 0n
  let highest = 0n
  let owed = zero
  for (const event of events) {
    const outside = event.quantity! > 0n || total + event.quantity! < 0n
    if (event.prorated === 0n && outside) continue
    const step = minus(rateUpTo(total + event.quantity!), rateUpTo(total))
    if (event.quantity !== 0n)
      owed = add(
        owed,
        multiply(
          step,
          rational(
            event.prorated! * (event.quantity! < 0n ? -1n : 1n),
            event.quantity! < 0n ? -event.quantity! : event.quantity!,
          ),
        ),
      )
    total += event.quantity!
    if (total > highest) highest = total
  }
  if (total < 0n || events.length === 0) return zero
  const entered = price.tiers.filter(
    (_tier, index) => index === 0 || highest > parseQuantity(price.tiers[index - 1]!.up_to!),
  )
  return entered.reduce((sum, tier) => add(sum, nanos(tier.flat_amount ?? '0')), most(owed, zero))
}
