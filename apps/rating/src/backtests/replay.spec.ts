import { type ExportedUsage, ratedUsageSchema } from '@portitor/contracts'
import { sum } from '@portitor/money'
import fc from 'fast-check'
import { ChargeCounters } from '../rater/charge-counters.ts'
import { anyUsage, everyCharge, oddMeters, usagesOf } from '../rater/every-charge.fixture.ts'
import { planUsage, type PricingContext } from '../rater/plan-usage.ts'
import { contextOf, examplePlan, phase, published, subscriptionTo, usageOf } from '../rater/pricing-context.fixture.ts'
import type { FreshUsage } from '../rater/ratable-usage.ts'
import { rateBatch, type RatedEvent } from '../rater/rate-batch.ts'
import { ratedUsageText } from '../rater/to-rated-usage.ts'
import { Replay, type Replayed, ReplayTooLarge } from './replay.ts'

const contextUnder = (rate: string) =>
  contextOf({
    plans: [published(everyCharge('plan', rate))],
    subscription: subscriptionTo(phase('plan')),
    meters: oddMeters,
  })
const [old, draft] = [contextUnder('2'), contextUnder('3')]

const ratedBy = (events: readonly FreshUsage[], context: PricingContext): RatedEvent[] =>
  rateBatch(
    events.map((event) => {
      const plan = planUsage(event, context)
      if ('refused' in plan) throw new Error(plan.refused.detail)
      return plan.planned
    }),
    new ChargeCounters(),
  )
/** As analytics hands out what rating published. */
const exported = (rated: RatedEvent): ExportedUsage => {
  const text = ratedUsageText(rated, undefined, '2026-11-21T09:00:00.000Z')
  const { currency, price_nanos, cost_nanos, ...usage } = ratedUsageSchema.parse(JSON.parse(text))
  return { ...usage, owed: [{ currency, price_nanos, cost_nanos }] }
}
const replayed = (pages: readonly (readonly ExportedUsage[])[], context: PricingContext): Replayed => {
  const replay = new Replay(context)
  for (const page of pages) replay.add(page)
  return replay.end()
}
const owed = (rated: readonly RatedEvent[]) => ({
  price: sum(rated.map(({ priceNanos }) => priceNanos)),
  cost: sum(rated.map(({ costNanos }) => costNanos)),
})
const nothingRefused = { refused: 0, refusedPrice: 0n, refusedCost: 0n }

describe('a replay of what was rated', () => {
  const drawn = fc.array(anyUsage, { minLength: 1, maxLength: 30 })
  const shuffled = drawn.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })))

  it('R-8 R-10 comes to what rating comes to under the same prices: before by the old, after by the new, in any order and pages', () => {
    fc.assert(
      fc.property(shuffled, fc.integer({ min: 1, max: 9 }), ([all], size) => {
        const events = usagesOf(all)
        const before = ratedBy(events, old)
        const after = owed(ratedBy(events, draft))
        const page = before.map(exported).toSorted((left, right) => (left.time < right.time ? -1 : 1))
        const pages = Array.from({ length: Math.ceil(page.length / size) }, (_, n) =>
          page.slice(n * size, (n + 1) * size),
        )
        const { price, cost } = owed(before)
        expect(replayed(pages, draft)).toEqual({
          events: all.length,
          amounts: new Map([
            [
              'USD',
              {
                priceBefore: price,
                costBefore: cost,
                priceAfter: after.price,
                costAfter: after.cost,
                ...nothingRefused,
              },
            ],
          ]),
          reasons: [],
        })
      }),
      { numRuns: 1_000 },
    )
  })

  it('R-8 under what was in force nothing changes', () => {
    fc.assert(
      fc.property(drawn, (all) => {
        const before = ratedBy(usagesOf(all), old)
        const { price, cost } = owed(before)
        expect(replayed([before.map(exported)], old).amounts.get('USD')).toEqual({
          priceBefore: price,
          costBefore: cost,
          priceAfter: price,
          costAfter: cost,
          ...nothingRefused,
        })
      }),
      { numRuns: 1_000 },
    )
  })

  it('R-8 says of which events the draft prices nothing, why, and what they owe today', () => {
    const narrow = contextOf({
      plans: [published({ ...everyCharge('plan', '3'), charges: everyCharge('plan', '3').charges.slice(0, 1) })],
      subscription: subscriptionTo(phase('plan')),
    })
    const events = [
      usageOf({ input_tokens: '14' }),
      usageOf({ images: '2' }),
      usageOf({ images: '4' }),
      usageOf({ 'outcome:won': '1' }, { data: { value: '7' } }),
    ]
    const before = ratedBy(events, old)
    const found = replayed([before.map(exported)], narrow)
    const refused = owed(before.slice(1))
    expect(found.amounts.get('USD')).toMatchObject({
      priceAfter: owed(ratedBy(events.slice(0, 1), narrow)).price,
      refused: 3,
      refusedPrice: refused.price,
      refusedCost: refused.cost,
    })
    expect(found.reasons).toMatchObject([{ code: 'pricing.no_charge', events: 3 }])
  })

  it('R-8 R-3 knows what a dispute took back, and what an outcome is worth', () => {
    const content = examplePlan('outcome')
    const context = contextOf({ plans: [published(content)], subscription: subscriptionTo(phase(content.id)) })
    const [booked] = ratedBy([usageOf({ 'outcome:meeting_booked': '1' })], context)
    const at = '2026-11-11T00:00:00.000Z'
    const stands = exported(booked!)
    const disputed = { ...stands, facts: { ...stands.facts, disputed_at: at } }
    expect(booked!.priceNanos).toBeGreaterThan(0n)
    expect(replayed([[stands]], context).amounts.get('USD')!.priceAfter).toBe(booked!.priceNanos)
    expect(replayed([[disputed]], context).amounts.get('USD')!.priceAfter).toBe(0n)
  })

  it('R-8 holds a bounded number of segments and kept events, and says so', () => {
    const events = ratedBy(usagesOf(Array.from({ length: 9 }, (_, n) => paid(n))), old).map(exported)
    const replay = new Replay(draft, { segments: 100, kept: 8 })
    replay.add(events.slice(0, 8))
    expect(() => replay.add(events.slice(8))).toThrow(ReplayTooLarge)
    const small = new Replay(draft, { segments: 1, kept: 100 })
    expect(() => small.add(events)).toThrow('segments')
  })
})

const paid = (n: number) => ({ kind: 'outcome:paid', quantity: 1, minute: n, agent: 'a', value: n })
