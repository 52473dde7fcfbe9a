import { createHash } from 'node:crypto'
import type { WorkloadEvent } from '@portitor/workload'
import { seededRandom } from './seeded-random.ts'
import { drawTokens, tokenQuantiles } from './token-distribution.ts'
import { demoCustomers, demoPlans, demoWorkload, withAgentIds } from './workload.ts'

const events = (count?: number) => [...(demoWorkload(count).events() as Iterable<WorkloadEvent>)]

describe('the workload of the demonstration', () => {
  it('is the same for ever: an id never stands for another payload', () => {
    const digest = createHash('sha256').update(JSON.stringify(events())).digest('hex')
    // A change here needs a new `version` and another month in workload.ts, else old data directories refuse the events.
    expect(digest).toBe('c9f7c5e3eedad87b48f546a5e1f808b37c0b2b9b6a914450efaac8e6b7cb88a4')
    expect(events()).toEqual(events())
  })

  it('B-1 four customers have the four shapes, and what outcomes are priced by stands in them', () => {
    expect(new Set(demoPlans.values())).toEqual(new Set(['agent_subscription', 'agent_overage', 'outcome', 'hybrid']))
    for (const customer of demoPlans.keys()) expect(demoCustomers).toContain(customer)
    const outcomes = events().filter(({ type }) => type === 'outcome.achieved')
    const priced = outcomes.filter(({ workspace }) => ['hybrid', 'outcome'].includes(demoPlans.get(workspace)!))
    // Each way of a price: met, no success, and too poor for the hybrid plan.
    for (const success of [true, false])
      expect(priced.filter(({ data }) => data['success'] === success).length).toBeGreaterThan(5)
    for (const quality of [(grade: number) => grade >= 0.7, (grade: number) => grade < 0.7])
      expect(priced.filter(({ data }) => quality(Number(data['quality']))).length).toBeGreaterThan(5)
  })

  it('names its agents by the ids they got, and by their names where they got none', () => {
    const workload = withAgentIds(demoWorkload(50), (customer, agent) =>
      agent === 'support-agent' ? `${customer}/1` : undefined,
    )
    const named = [...(workload.events() as Iterable<WorkloadEvent>)]
    expect(named.map(({ workspace, data }) => [workspace, data['agent_id']])).toEqual(
      events(50).map(({ workspace, data }) => [
        workspace,
        data['agent_id'] === 'support-agent' ? `${workspace}/1` : data['agent_id'],
      ]),
    )
  })

  it('has each id once, its own workspaces and a week in the past, in order of time', () => {
    const { workspaces, firstMs, lastMs, eventsCount } = demoWorkload()
    const all = events()
    expect(new Set(all.map(({ id }) => id)).size).toBe(eventsCount)
    expect(new Set(all.map(({ workspace }) => workspace))).toEqual(new Set(workspaces))
    const times = all.map(({ time }) => Date.parse(time))
    expect(times).toEqual(times.toSorted((left, right) => left - right))
    expect([times[0], times.at(-1)]).toEqual([firstMs, lastMs])
    expect(lastMs - firstMs).toBeLessThan(7 * 86_400_000)
  })

  it('has tokens, calls, resources and outcomes, and never more cached than input', () => {
    const all = events()
    const types = Map.groupBy(all, ({ type }) => type)
    expect([...types.keys()].toSorted()).toEqual([
      'call.completed',
      'outcome.achieved',
      'resource.used',
      'tokens.consumed',
    ])
    expect(types.get('tokens.consumed')!.length / all.length).toBeCloseTo(0.94, 1)
    for (const { data } of types.get('tokens.consumed')!)
      expect(Number(data['cached_input_tokens'] ?? 0)).toBeLessThanOrEqual(Number(data['input_tokens']))
  })

  it.each([
    ['chat', 'input', 1_154.7, 1_020],
    ['chat', 'output', 211.1, 129],
    ['code', 'input', 2_047.8, 1_469],
    ['code', 'output', 27.9, 13],
  ] as const)('draws %s %s tokens with mean and median of the Azure traces within 5 %', (kind, side, mean, median) => {
    const random = seededRandom(1)
    const drawn = Array.from({ length: 50_000 }, () => drawTokens(random, tokenQuantiles[kind][side]))
    const sorted = drawn.toSorted((left, right) => left - right)
    expect(Math.abs(drawn.reduce((all, tokens) => all + tokens, 0) / drawn.length / mean - 1)).toBeLessThan(0.05)
    expect(Math.abs(sorted[25_000]! / median - 1)).toBeLessThan(0.05)
  })
})
