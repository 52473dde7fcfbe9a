import { sum } from '@portitor/money'
import { billPlan, compilePlan } from '@portitor/pricing'
import fc from 'fast-check'
import { ChargeCounters } from './charge-counters.ts'
import { keyOfEvent } from './charge-counters.ts'
import { planUsage, type PlannedUsage, type PricingContext } from './plan-usage.ts'
import { contextOf, examplePlan, phase, published, subscriptionTo, usageOf } from './pricing-context.fixture.ts'
import type { FreshUsage } from './ratable-usage.ts'
import { rateBatch } from './rate-batch.ts'

const names = ['agent-subscription', 'agent-overage', 'outcome', 'hybrid', 'free', 'pro']
const subscribedTo = (name: string) => {
  const content = examplePlan(name)
  return contextOf({ plans: [published(content)], subscription: subscriptionTo(phase(content.id)) })
}

const planned = (events: readonly FreshUsage[], context: PricingContext): PlannedUsage<FreshUsage>[] =>
  events.map((event) => {
    const plan = planUsage(event, context)
    if ('refused' in plan) throw new Error(plan.refused.detail)
    return plan.planned
  })
const rate = (events: readonly FreshUsage[], context: PricingContext, counters = new ChargeCounters()) =>
  rateBatch(planned(events, context), counters)
const priceOf = (rated: ReturnType<typeof rate>) => sum(rated.map(({ priceNanos }) => priceNanos))

/** Events of a month of three agents: tokens, and outcomes of which some are good enough. */
const anyTokens = fc
  .record({ agent: fc.constantFrom('a', 'b', 'c'), input: fc.nat(9_000_000), output: fc.nat(4_000_000) })
  .map(({ agent, input, output }) =>
    usageOf(
      { input_tokens: String(input + 1), output_tokens: String(output) },
      { attributes: { agent_id: agent, model: 'gpt-4o' } },
    ),
  )
const anyOutcome = fc
  .record({ agent: fc.constantFrom('a', 'b'), success: fc.boolean(), quality: fc.constantFrom('0.5', '0.7', '0.95') })
  .map(({ agent, ...data }) =>
    usageOf({ 'outcome:meeting_booked': '1' }, { attributes: { agent_id: agent }, data: { ...data, value: '12.5' } }),
  )
const outcomes = new Set(['outcome', 'hybrid'])
const eventsFor = (name: string) =>
  fc.array(outcomes.has(name) ? fc.oneof(anyTokens, anyOutcome) : anyTokens, { minLength: 1, maxLength: 12 })

describe('rating under a plan', () => {
  it.each(names)(
    'B-1 R-10 events of a subscriber to %s owe what the plan bills for the period, in any order and split',
    (name) => {
      const compiled = compilePlan(examplePlan(name))
      const context = subscribedTo(name)
      fc.assert(
        fc.property(
          eventsFor(name).chain((events) =>
            fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length }), fc.nat(11)),
          ),
          ([events, shuffled, cut]) => {
            const bill = billPlan(compiled, {
              days: { billed: 30, period: 30 },
              seats: 1,
              events: events.map((event) => ({
                id: keyOfEvent(event),
                timeMs: event.timeMs,
                usage: { quantities: event.quantities, attributes: event.attributes, model: event.attributes['model'] },
                ...event.facts,
              })),
            })
            if (!('lines' in bill)) throw new Error('the plan bills every event')
            const used = sum(bill.lines.filter(({ kind }) => kind === 'usage').map(({ amount }) => amount))
            const counters = new ChargeCounters()
            const rated = [
              ...rate(shuffled.slice(0, cut), context, counters),
              ...rate(shuffled.slice(cut), context, counters),
            ]
            expect(priceOf(rated)).toBe(used)
            expect(sum(rated.flatMap(({ cost }) => cost.map(({ amount }) => amount)))).toBe(
              sum(rated.map(({ costNanos }) => costNanos)),
            )
          },
        ),
        { numRuns: 1_000 },
      )
    },
  )

  it('R-4 what a plan does not price is refused, or priced by the price book where the plan says so', () => {
    const content = examplePlan('free')
    const events = [usageOf({ images: '3' })]
    const refusing = contextOf({ plans: [published(content)], subscription: subscriptionTo(phase('free')) })
    expect(() => rate(events, refusing)).toThrow('no charge of plan free version 1 prices 3 of images')
    const open = contextOf({
      plans: [published({ ...content, otherwise: 'price_book' })],
      subscription: subscriptionTo(phase('free')),
    })
    const [rated] = rate(events, open)
    expect(rated!.price.map(({ use, amount }) => [use.plan, use.charge, amount])).toEqual([
      [undefined, 'rest', 30_000_000n],
    ])
  })

  it('B-2 during a trial everything is free and says so; what comes after starts its own total', () => {
    const content = examplePlan('free')
    const trial = phase('free', { state: 'trial' })
    const paid = phase('free', { from: '2026-11-15T00:00:00.000Z' })
    const context = contextOf({ plans: [published(content)], subscription: subscriptionTo(trial, paid) })
    const usage = (time: string) => usageOf({ input_tokens: '3000000' }, { time, attributes: { model: 'm' } })
    const rated = rate([usage('2026-11-14T00:00:00Z'), usage('2026-11-16T00:00:00Z')], context)
    expect(rated.map(({ priceNanos }) => priceNanos)).toEqual([0n, 10_000_000_000n])
    expect(rated.map(({ price }) => price[0]!.use.group)).toEqual([
      'trial~input_tokens+output_tokens',
      'input_tokens+output_tokens',
    ])
  })

  it('R-2 a new version inside of a period waits for the next one where it has tiers, unless it says at_once', () => {
    const first = examplePlan('pro')
    const dearer = {
      ...first,
      charges: first.charges.map((charge) => ({
        ...charge,
        quantity: undefined,
        price: { model: 'graduated' as const, per: '1000000', tiers: [{ up_to: null, rate: '9' }] },
      })),
    }
    const at = '2026-11-15T00:00:00.000Z'
    const versionsOf = (second: typeof first) =>
      contextOf({ plans: [published(first), published(second, 2, at)], subscription: subscriptionTo(phase('pro')) })
    const usage = (time: string) => usageOf({ input_tokens: '20000000' }, { time, attributes: { model: 'm' } })
    const versionIn = (context: PricingContext, time: string) => rate([usage(time)], context)[0]!.price[0]!.use.version
    const waiting = versionsOf(dearer)
    expect(versionIn(waiting, '2026-11-20T00:00:00Z')).toBe(1)
    expect(versionIn(waiting, '2026-12-01T00:00:00Z')).toBe(2)
    expect(versionIn(versionsOf({ ...dearer, mid_period: 'at_once' }), '2026-11-20T00:00:00Z')).toBe(2)
  })

  it('B-2 an override prices its own charge in a segment of its own, and the plan’s elsewhere', () => {
    const content = examplePlan('free')
    const own = {
      ...content.charges[0]!,
      quantity: undefined,
      price: { model: 'per_unit' as const, rate: '1', per: '1000000' },
    }
    const subscription = subscriptionTo(
      phase('free'),
      phase('free', { from: '2026-11-15T00:00:00.000Z', overrides: { charges: [own] } }),
    )
    const context = contextOf({ plans: [published(content)], subscription })
    const usage = (time: string) => usageOf({ input_tokens: '3000000' }, { time, attributes: { model: 'm' } })
    const rated = rate([usage('2026-11-14T00:00:00Z'), usage('2026-11-16T00:00:00Z')], context)
    expect(rated.map(({ priceNanos }) => priceNanos)).toEqual([10_000_000_000n, 3_000_000_000n])
    expect(new Set(rated.map(({ price }) => price[0]!.use.group)).size).toBe(2)
  })

  it('M-3 a charge on the largest, the last and the different values owes F of what they come to, in any order', () => {
    const charge = (id: string, meter: string) => ({
      id,
      meters: [meter],
      price: { model: 'per_unit' as const, rate: '1', per: '1' },
    })
    const meter = (name: string, aggregation: 'max' | 'latest' | 'unique') => ({
      name,
      unit: 'u',
      event_type: 'seen',
      aggregation,
      value: name,
      dimensions: [],
    })
    const content = {
      ...examplePlan('free'),
      charges: [charge('peak', 'peak'), charge('level', 'level'), charge('people', 'people')],
    }
    const context = contextOf({
      plans: [published(content)],
      subscription: subscriptionTo(phase('free')),
      meters: [meter('peak', 'max'), meter('level', 'latest'), meter('people', 'unique')],
    })
    const anyEvents = fc.array(
      fc.record({ peak: fc.nat(99), level: fc.nat(99), who: fc.constantFrom('x', 'y', 'z'), at: fc.nat(59) }),
      { minLength: 1, maxLength: 8 },
    )
    fc.assert(
      fc.property(
        anyEvents.chain((all) =>
          fc.tuple(
            fc.constant(all.map((one, n) => ({ ...one, n }))),
            fc.shuffledSubarray(
              all.map((one, n) => ({ ...one, n })),
              { minLength: all.length },
            ),
          ),
        ),
        ([all, shuffled]) => {
          const events = shuffled.map(({ peak, level, who, at, n }) =>
            usageOf(
              { peak: String(peak + 1), level: String(level + 1), people: '1' },
              { id: `${n}`, time: `2026-11-10T12:${String(at).padStart(2, '0')}:00Z`, values: { people: who } },
            ),
          )
          const last = all.toSorted((a, b) => a.at - b.at || (`${a.n}` < `${b.n}` ? -1 : 1)).at(-1)!
          const expected =
            Math.max(...all.map(({ peak }) => peak + 1)) + last.level + 1 + new Set(all.map(({ who }) => who)).size
          expect(priceOf(rate(events, context))).toBe(BigInt(expected) * 1_000_000_000n)
        },
      ),
      { numRuns: 1_000 },
    )
  })
})
