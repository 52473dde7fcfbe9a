import type { PlanContent } from '@portitor/contracts'
import { sum } from '@portitor/money'
import fc from 'fast-check'
import { ChargeCounters } from '../rater/charge-counters.ts'
import { type Explanation, explanationText, readExplanation } from '../rater/explanation.ts'
import { planUsage, type PlannedUsage, type PricingContext } from '../rater/plan-usage.ts'
import { anyUsage, everyCharge, oddMeters, usagesOf } from '../rater/every-charge.fixture.ts'
import { contextOf, examplePlan, phase, published, subscriptionTo, usageOf } from '../rater/pricing-context.fixture.ts'
import type { RatableUsage } from '../rater/ratable-usage.ts'
import { rateBatch, rateUsage } from '../rater/rate-batch.ts'
import { correctEvents, standsAlready } from './correct-events.ts'
import { total } from './correction-texts.ts'

const contextUnder = (content: PlanContent) =>
  contextOf({ plans: [published(content)], subscription: subscriptionTo(phase(content.id)), meters: oddMeters })
const [first, second] = [contextUnder(everyCharge('first', '2')), contextUnder(everyCharge('second', '3'))]

const plannedBy = (event: RatableUsage, context: PricingContext): PlannedUsage => {
  const plan = planUsage(event, context)
  if ('refused' in plan) throw new Error(plan.refused.detail)
  return plan.planned
}
const ratedBy = (events: readonly RatableUsage[], context: PricingContext, counters: ChargeCounters) =>
  rateBatch(
    events.map((event) => plannedBy(event, context)),
    counters,
  ).map((rated) => readExplanation(explanationText(rated)))
const owed = (explanations: readonly Explanation[]) => sum(explanations.map(({ priceNanos }) => priceNanos))
/** What the counters have come to, segment by segment, without those that nothing is left in. */
const balances = (counters: ChargeCounters) =>
  Object.fromEntries(
    counters.all
      .flatMap(({ side, plan, charge, segment, cells }) =>
        [...cells].map(
          ([cell, { quantity, amount }]) => [`${side} ${plan} ${charge} ${segment} ${cell}`, quantity, amount] as const,
        ),
      )
      .filter(([, quantity, amount]) => quantity !== 0n || amount !== 0n)
      .map(([name, quantity, amount]) => [name, [quantity, amount]]),
  )
const corrected = (stands: readonly Explanation[], context: PricingContext, counters: ChargeCounters) =>
  correctEvents(
    stands.map((one) => ({ stands: one, planned: plannedBy(one.usage.event, context) })),
    counters,
    context.meters,
  )
const difference = (made: ReturnType<typeof corrected>) =>
  sum(made.map(({ reversedPrice, rated }) => total(reversedPrice) + rated.priceNanos))

describe('corrections', () => {
  const drawn = fc.array(anyUsage, { minLength: 1, maxLength: 14 })

  it('R-9 events moved to another plan, any of them in any order, leave both as if they had always been there', () => {
    fc.assert(
      fc.property(
        drawn.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all.map((_, n) => n)))),
        ([all, moved]) => {
          const events = usagesOf(all)
          const counters = new ChargeCounters()
          const stands = ratedBy(events, first, counters)
          const added = difference(
            corrected(
              moved.map((n) => stands[n]!),
              second,
              counters,
            ),
          )
          const afresh = new ChargeCounters()
          const left = events.filter((_, n) => !moved.includes(n))
          const gone = events.filter((_, n) => moved.includes(n))
          const expected = owed(ratedBy(left, first, afresh)) + owed(ratedBy(gone, second, afresh))
          expect(owed(stands) + added).toBe(expected)
          expect(balances(counters)).toEqual(balances(afresh))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('R-9 a correction of a correction back to what was comes to nothing in all', () => {
    fc.assert(
      fc.property(drawn, (all) => {
        const events = usagesOf(all)
        const counters = new ChargeCounters()
        const stands = ratedBy(events, first, counters)
        const before = balances(counters)
        const there = corrected(stands, second, counters)
        const now = there.map(({ rated, revision }) =>
          readExplanation(explanationText(rated, { revision, reason: 'spec', reversedPrice: 0n, reversedCost: 0n })),
        )
        const back = corrected(now, first, counters)
        expect(difference(there) + difference(back)).toBe(0n)
        expect(balances(counters)).toEqual(before)
        expect(back.map(({ revision }) => revision)).toEqual(events.map(() => 2))
      }),
      { numRuns: 1_000 },
    )
  })

  it('R-11 a line from before events were kept is explained as it was, by what is known of its event', () => {
    const known = {
      workspace_id: 'w',
      source: 's',
      id: 'e',
      type: '',
      time: '2026-02-03T00:00:00.000Z',
      quantities: {},
    }
    const uses = '[["tokens",1,"input_tokens",[["input_tokens","0","5000000000","10","2/1000000000"]]]]'
    const { price, priceNanos, usage } = readExplanation(`["USD","10","4",${uses},[]]`, known)
    expect(price.map(({ charge, amount }) => [charge, amount])).toEqual([['tokens', 10n]])
    expect([priceNanos, usage.period.label, usage.event.id]).toEqual([10n, '2026-02', 'e'])
  })

  it('R-9 what would move to where it is stands already', () => {
    const [stands] = ratedBy(
      usagesOf([{ kind: 'images', quantity: 3, minute: 0, agent: 'a', value: 1 }]),
      first,
      new ChargeCounters(),
    )
    expect(standsAlready(stands!, plannedBy(stands!.usage.event, first))).toBe(true)
    expect(standsAlready(stands!, plannedBy(stands!.usage.event, second))).toBe(false)
  })

  it('R-3 a dispute within the window takes back what the outcome owed, and one after it changes nothing', () => {
    const content = examplePlan('outcome')
    const context = contextOf({ plans: [published(content)], subscription: subscriptionTo(phase(content.id)) })
    const counters = new ChargeCounters()
    const booked = usageOf({ 'outcome:meeting_booked': '1' }, { time: '2026-11-01T00:00:00.000Z' })
    const [stands] = ratedBy([booked], context, counters)
    const disputed = (at: string) => {
      const event = { ...stands!.usage.event, facts: { ...stands!.usage.event.facts, disputedAtMs: Date.parse(at) } }
      return difference(
        correctEvents([{ stands: stands!, planned: plannedBy(event, context) }], counters, context.meters),
      )
    }
    expect(disputed('2026-11-16T00:00:00.000Z')).toBe(0n)
    expect(disputed('2026-11-15T00:00:00.000Z')).toBe(-1_200_000_000n)
  })

  it('R-9 an explanation is read back as it was written, with all that prices the event again', () => {
    fc.assert(
      fc.property(drawn, (all) => {
        const events = usagesOf(all)
        const rated = events.map((event) => rateUsage(plannedBy(event, first), new ChargeCounters()))
        for (const one of rated) {
          const { usage, price, cost } = readExplanation(explanationText(one))
          const { payloadHash: _, raw: __, ...kept } = one.planned.event as (typeof events)[number]
          expect(usage).toEqual({
            event: kept,
            provider: one.planned.provider,
            model: one.planned.model,
            period: one.planned.period,
            subscriptionId: one.planned.subscriptionId,
          })
          expect(sum([...price, ...cost].map(({ amount }) => amount))).toBe(one.priceNanos + one.costNanos)
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
