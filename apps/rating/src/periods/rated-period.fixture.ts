import { sum } from '@portitor/money'
import { periodAt } from '@portitor/subscriptions'
import type { Subscription } from '@portitor/contracts'
import { ChargeCounters } from '../rater/charge-counters.ts'
import { planUsage, type PlannedUsage } from '../rater/plan-usage.ts'
import type { PublishedPlan } from '../plans/published-plan.ts'
import { contextOf } from '../rater/pricing-context.fixture.ts'
import type { FreshUsage } from '../rater/ratable-usage.ts'
import { rateBatch } from '../rater/rate-batch.ts'
import { billedParts } from './billed-parts.ts'
import { billPeriod, type PeriodBill, type PeriodFacts } from './period-bill.ts'
import { partsOf } from './period-parts.ts'

const NOVEMBER = '2026-11-30T23:00:00.000Z'

/** Rates events of a workspace and bills its period at `at`, November 2026, as the service does from what it has stored. */
export function billOf(options: {
  readonly plans?: readonly PublishedPlan[]
  readonly subscription?: Subscription
  readonly events?: readonly FreshUsage[]
  readonly at?: string
}): PeriodBill {
  const { plans = [], subscription, events = [], at = NOVEMBER } = options
  const context = contextOf({ plans, ...(subscription === undefined ? {} : { subscription }) })
  const facts = factsOf(events, context)
  const tiled = subscription === undefined ? [] : partsOf(subscription, periodAt(subscription, Date.parse(at))!)
  const parts = billedParts(tiled, context.plans)
  return 'refused' in parts ? parts : billPeriod(parts.parts, facts)
}

/** What the stores would answer of these events: sums of counters, and who was active. */
function factsOf(events: readonly FreshUsage[], context: ReturnType<typeof contextOf>): PeriodFacts {
  const planned = events.map((event): PlannedUsage<FreshUsage> => {
    const plan = planUsage(event, context)
    if ('refused' in plan) throw new Error(plan.refused.detail)
    return plan.planned
  })
  const counters = new ChargeCounters()
  rateBatch(planned, counters)
  const own = counters.all.filter(({ side }) => side === 'price')
  const usage = [...Map.groupBy(own, ({ plan, charge }) => JSON.stringify([plan, charge])).values()].map(
    (segments) => ({
      charge: segments[0]!.charge,
      plan: segments[0]!.plan === '' ? undefined : segments[0]!.plan,
      amount: sum(segments.flatMap(({ cells }) => [...cells.values()].map(({ amount }) => amount))),
      segments: segments
        .filter(({ segment }) => !segment.startsWith('trial~'))
        .reduce((count, { cells }) => count + cells.size, 0),
    }),
  )
  const named = (attribute: string) =>
    new Set(events.map(({ attributes }) => attributes[attribute]).filter((name) => name !== undefined && name !== ''))
  return { usage, actives: { agents: named('agent_id').size, workflows: named('workflow').size } }
}

/** In dollars: `fee base of pro` → 20; whatever a dollar has no cents for keeps its nanos. */
export function dollars(bill: PeriodBill): Record<string, number> {
  if ('refused' in bill) throw new Error(bill.refused.detail)
  const owed = new Map<string, bigint>()
  const add = (name: string, amount: bigint) => owed.set(name, (owed.get(name) ?? 0n) + amount)
  for (const { kind, id, plan = 'the book', amount } of bill.lines) add(`${kind} ${id} of ${plan}`, amount)
  add('total', bill.total)
  return Object.fromEntries([...owed].map(([name, amount]) => [name, Number(amount) / 1e9]))
}
