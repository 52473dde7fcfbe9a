import { type PlanContent, planSchema, type Subscription, type SubscriptionPhase } from '@portitor/contracts'
import fc from 'fast-check'
import { exampleCatalog } from './catalog.fixture.ts'
import { Expectation } from './expected-totals.ts'
import { beyondPhase, beyondPlan } from './subscribed-books.ts'

const workspace = '018f0000-0000-7000-8000-000000000001'
const nowMs = Date.UTC(2025, 5, 1)

const plan = (more: Partial<PlanContent> = {}): PlanContent =>
  planSchema.parse({
    id: 'agents',
    name: 'Agents',
    currency: 'USD',
    fees: [],
    charges: [
      {
        id: 'tokens',
        meters: ['input_tokens', 'output_tokens'],
        together: true,
        scope: 'agent',
        quantity: { free: { units: '1000', per: 'agent' } },
        price: { model: 'per_unit', rate: '0.50', per: '1000000' },
      },
      { id: 'worth', meters: ['images'], price: { model: 'dynamic', multiplier: '1' } },
    ],
    ...more,
  })
const phase = (from: string, version = 1): SubscriptionPhase => ({
  from,
  plan: 'agents',
  version,
  state: 'active',
  seats: 1,
  add_ons: [],
  overrides: {},
})
const subscription = (...phases: SubscriptionPhase[]): Subscription => ({
  id: '018f0000-0000-7000-8000-00000000000a',
  workspace_id: workspace,
  revision: 1,
  starts_at: phases[0]!.from,
  ends_at: null,
  billing: { cycle: 'calendar', months: 1, anchor: phases[0]!.from, time_zone: 'UTC' },
  phases,
})

function totalsOf(events: readonly object[], own: Subscription, versions: readonly PlanContent[] = [plan()]) {
  const plans = new Map(versions.map((content, index) => [`agents@${index + 1}`, content]))
  const subscribed = { subscriptions: new Map([[workspace, [own]]]), plans }
  const expectation = new Expectation({ ...exampleCatalog, subscribed })
  for (const event of events) expectation.add(event, nowMs)
  return expectation.totals()
}

let ids = 0
const event = (type: string, data: object, time = '2025-01-10T00:00:00Z') => ({
  specversion: '1.0',
  id: `event-${ids++}`,
  source: 'spec',
  type,
  time,
  subject: workspace,
  data,
})
const tokens = (agent_id: string, input_tokens: number, time?: string, more: object = {}) =>
  event('tokens.consumed', { provider: 'example', model: 'small', input_tokens, agent_id, ...more }, time)

describe('what the events of subscribers must come to', () => {
  it('R-2 each agent has its own total and allowance, all kinds of tokens and models together, cached ones included', () => {
    const totals = totalsOf(
      [
        tokens('a', 900, undefined, { cached_input_tokens: 900, output_tokens: 50 }),
        tokens('a', 100, undefined, { model: 'banded' }),
        tokens('b', 1_000),
      ],
      subscription(phase('2025-01-01T00:00:00Z')),
    )
    // 1,050 of a are 50 above what is included, at 500 nanos each; b has used up its own and no more.
    expect(totals).toMatchObject({ events: 3, priceNanos: 25_000n })
    expect(totals.byModel.get('agents: tokens')).toMatchObject({ events: 0, priceNanos: 25_000n })
    expect(totals.byModel.get('example/small')).toMatchObject({ events: 2, priceNanos: 0n })
    expect(totals.byWorkspace.get(workspace)).toMatchObject({ events: 3, priceNanos: 25_000n })
    expect(totals.subscribers).toEqual(
      new Map([[workspace, { plans: new Set(['agents@1']), periods: new Set(['2025-01']) }]]),
    )
  })

  it('R-2 periods, and versions within one, are segments of their own with an allowance each', () => {
    const own = subscription(phase('2025-01-01T00:00:00Z'), phase('2025-02-15T00:00:00Z', 2))
    const dearer = plan({
      charges: [
        {
          ...plan().charges[0]!,
          price: { model: 'per_unit', rate: '1', per: '1000000' },
        },
      ],
    })
    const times = ['2025-01-10T00:00:00Z', '2025-02-10T00:00:00Z', '2025-02-20T00:00:00Z']
    const totals = totalsOf(
      times.map((time) => tokens('a', 1_001, time)),
      own,
      [plan(), dearer],
    )
    expect(totals.priceNanos).toBe(500n + 500n + 1_000n)
    expect(totals.subscribers.get(workspace)).toEqual({
      plans: new Set(['agents@1', 'agents@2']),
      periods: new Set(['2025-01', '2025-02']),
    })
  })

  it('R-3 prices by event are the exact sum of their events, in any order', () => {
    const values = fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(values, (list) => {
        const worth = list.map((nanos) =>
          event('resource.used', { images: 1, value: `0.${String(nanos).padStart(9, '0')}` }),
        )
        const own = subscription(phase('2025-01-01T00:00:00Z'))
        const sum = list.reduce((all, nanos) => all + BigInt(nanos), 0n)
        expect(totalsOf(worth, own).priceNanos).toBe(sum)
        expect(totalsOf(worth.toReversed(), own).priceNanos).toBe(sum)
      }),
    )
  })

  it('R-4 what the plan does not price is refused, or priced by the price book where the plan says so; before it begins the book prices', () => {
    const only = { charges: [plan().charges[1]!] }
    const own = subscription(phase('2025-01-10T00:00:00Z'))
    const events = [tokens('a', 3_000_000), tokens('a', 3_000_000, '2025-01-05T00:00:00Z')]
    const book = 3n * 2n * 333_333n
    const refused = totalsOf(events, own, [plan(only)])
    expect(refused).toMatchObject({ events: 1, priceNanos: book, unpriced: 1 })
    expect(refused.refused).toEqual(new Map([['pricing.no_charge', 1]]))
    const priced = totalsOf(events, own, [plan({ ...only, otherwise: 'price_book' })])
    expect(priced).toMatchObject({ events: 2, priceNanos: 2n * book, unpriced: 0 })
    expect(priced.byModel.get('example/small')).toMatchObject({ priceNanos: 2n * book })
  })

  it('names what is not computed apart: terms of its own, and prices that follow from the order of events', () => {
    const from = '2025-01-01T00:00:00Z'
    expect(beyondPhase(phase(from))).toBeUndefined()
    expect(beyondPhase({ ...phase(from), version: null })).toMatch(/newest version/)
    expect(beyondPhase({ ...phase(from), state: 'trial' })).toMatch(/on trial/)
    expect(beyondPhase({ ...phase(from), add_ons: [{ plan: 'more', version: 1 }] })).toMatch(/add-ons/)
    expect(beyondPhase({ ...phase(from), overrides: { charges: plan().charges } })).toMatch(/terms of its own/)
    expect(beyondPlan(plan())).toBeUndefined()
    const byCost = { id: 'cost', meters: ['images'], price: { model: 'cost_plus' as const, margin_percent: '20' } }
    expect(beyondPlan(plan({ charges: [byCost] }))).toMatch(/charge cost owes follows from the order/)
  })
})
