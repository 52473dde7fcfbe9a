import { ChargeCounters } from './charge-counters.ts'
import { planUsage, type PlannedUsage } from './plan-usage.ts'
import { contextOf, examplePlan, phase, published, subscriptionTo, usageOf } from './pricing-context.fixture.ts'
import { eventsCell } from './rate-batch.ts'
import { refuseOverfull } from './refuse-overfull.ts'

const plan = (freeEvents: number) => ({
  ...examplePlan('free'),
  charges: [
    {
      id: 'paid',
      meters: ['outcome:paid'],
      price: { model: 'percentage' as const, percent: '1', free_events: freeEvents },
    },
  ],
})
const planned = (freeEvents: number): PlannedUsage => {
  const context = contextOf({ plans: [published(plan(freeEvents))], subscription: subscriptionTo(phase('free')) })
  const found = planUsage(usageOf({ 'outcome:paid': '1' }, { data: { value: '3' } }), context)
  if ('refused' in found) throw new Error(found.refused.detail)
  return found.planned
}
const countersWith = (usage: PlannedUsage, count: number) => {
  const counters = new ChargeCounters()
  const place = { workspaceId: usage.event.workspaceId, period: usage.period.label, side: 'price' as const }
  for (const use of usage.byEvent)
    counters.of({ ...place, use }).cells.set(eventsCell, { quantity: 0n, amount: 0n, more: [String(count)] })
  return counters
}

describe('a segment that keeps its events', () => {
  it('R-2 takes them as long as there is room; the rest is refused with the charge and the bound, and told apart in one batch', () => {
    const batch = [planned(2), planned(2), planned(2)]
    const { fitting, refused } = refuseOverfull(batch, countersWith(batch[0]!, 99_998))
    expect(fitting).toEqual(batch.slice(0, 2))
    expect(refused).toEqual([
      {
        planned: batch[2],
        reason: {
          code: 'pricing.segment_full',
          detail:
            'the charge paid follows from the order of its events, of which it keeps 100000 in a period: it has them',
        },
      },
    ])
  })

  it('R-2 has no bound where each event owes by itself', () => {
    const usage = planned(0)
    expect(refuseOverfull([usage], countersWith(usage, 1_000_000)).fitting).toEqual([usage])
  })
})
