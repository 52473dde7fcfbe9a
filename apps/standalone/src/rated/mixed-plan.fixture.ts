import { randomUUID } from 'node:crypto'
import type { PlanContent } from '@portitor/contracts'
import { openRatedWorld, planOf, type RatedWorld, subscriptionOf, type Usage } from './rated-world.fixture.ts'

export const march = { from: '2026-03-01T00:00:00.000Z', to: '2026-04-01T00:00:00.000Z' }
const peak = {
  name: 'peak_load',
  unit: 'u',
  event_type: 'load.seen',
  aggregation: 'max',
  value: 'load',
  dimensions: [],
}
const users = {
  name: 'seen_users',
  unit: 'u',
  event_type: 'user.seen',
  aggregation: 'unique',
  value: 'user',
  dimensions: [],
}
/** One charge of each kind that a correction goes about differently. */
export const mixed = (id: string, rate: string): PlanContent =>
  planOf(id, [
    {
      id: 'calls',
      meters: ['requests'],
      price: {
        model: 'graduated',
        per: '1',
        tiers: [
          { up_to: '10', rate },
          { up_to: null, rate: '0.001' },
        ],
      },
    },
    { id: 'paid', meters: ['outcome:paid'], price: { model: 'percentage', percent: rate, free_events: 3 } },
    { id: 'won', meters: ['outcome:won'], price: { model: 'outcome', share_percent: rate, dispute_days: 9 } },
    { id: 'peak', meters: ['peak_load'], price: { model: 'per_unit', rate, per: '1' } },
    {
      id: 'users',
      meters: ['seen_users'],
      price: {
        model: 'volume',
        per: '1',
        tiers: [
          { up_to: '3', rate },
          { up_to: null, rate: '0.5' },
        ],
      },
    },
  ])
export const eventsOf = (prefix: string, count: number): Usage[] =>
  Array.from({ length: count }, (_, n) => {
    // Not in the order of their times.
    const time = `2026-03-${String(1 + ((n * 11) % 28)).padStart(2, '0')}T0${n % 10}:00:00.000Z`
    const id = `${prefix}${n}`
    switch (n % 5) {
      case 0:
        return { id, time, type: 'call.completed' }
      case 1:
        return { id, time, type: 'outcome.achieved', data: { outcome: 'paid', value: `${n}.37` } }
      case 2:
        return { id, time, type: 'outcome.achieved', data: { outcome: 'won', value: `${n}.01` } }
      case 3:
        return { id, time, type: 'load.seen', data: { load: (n * 37) % 101 } }
      default:
        return { id, time, type: 'user.seen', data: { user: `u${n % 7}` } }
    }
  })
export const costOf = (rate: string) => [
  {
    id: 'seen',
    meters: ['peak_load', 'seen_users', 'outcome:*'],
    price: { model: 'per_unit' as const, rate, per: '1' },
  },
]

/** A world with three versions of the plan `mixed`, in force from one day to the next of 2020. */
export async function openMixedWorld() {
  const world: RatedWorld = await openRatedWorld()
  await world.createMeter(peak)
  await world.createMeter(users)
  await world.publishBook('cost', costOf('0.002'), '2020-01-01T00:00:00.000Z')
  for (const [n, rate] of ['0.25', '0.75', '0.1'].entries())
    await world.publishPlan(mixed('mixed', rate), `2020-01-0${n + 1}T00:00:00.000Z`)

  const subscribed = async (version: number | null = 1, plan = 'mixed') => {
    const workspace = randomUUID()
    const subscription = subscriptionOf(workspace, { plan, version })
    await world.tell(subscription, subscription.starts_at)
    await world.settled()
    return workspace
  }
  const sendAll = async (workspace: string, events: readonly Usage[], batches = 4) => {
    for (let n = 0; n < batches; n += 1)
      await world.send(
        workspace,
        events.filter((_, place) => place % batches === n),
        n % 4,
      )
  }
  /** What the same events come to where they were rated by a version from the beginning. */
  const afresh = async (version: number, events: readonly Usage[]) => {
    const workspace = await subscribed(version)
    await sendAll(workspace, events, 3)
    await world.settled()
    return nonZero(await world.accounts(workspace))
  }
  const rerated = async (body: object, more: { workspace?: string; key?: string } = {}) => {
    const { id, status, body: answer } = await world.rerate({ ...march, ...body }, more)
    if (status !== 202) throw new Error(JSON.stringify(answer))
    await world.settled()
    return world.rerating(id)
  }
  return { ...world, subscribed, sendAll, afresh, rerated }
}
export type MixedWorld = Awaited<ReturnType<typeof openMixedWorld>>

export const underPlan = (version: number) => ({ plan: { plan: 'mixed', version } })

export function nonZero(accounts: Record<string, bigint>): Record<string, bigint> {
  return Object.fromEntries(Object.entries(accounts).filter(([, balance]) => balance !== 0n))
}
