import { randomUUID } from 'node:crypto'
import { describeWith } from '@portitor/testing'
import { march, type MixedWorld, openMixedWorld } from './mixed-plan.fixture.ts'
import { subscriptionOf } from './rated-world.fixture.ts'

describeWith(['postgres'], 'a re-rating by a change of a subscription', () => {
  let world: MixedWorld
  beforeAll(async () => {
    world = await openMixedWorld()
  })
  afterEach(async () => expect(await world.differences()).toEqual([]))
  afterAll(() => world.close())

  const fixed = (workspace: string, version: number) => subscriptionOf(workspace, { plan: 'mixed', version })

  it('R-4 R-9 that arrives after its time corrects what was rated since, and that alone', async () => {
    const workspace = randomUUID()
    const subscription = fixed(workspace, 1)
    await world.tell(subscription, subscription.starts_at)
    await world.settled()
    const [before, after] = ['2026-03-09T00:00:00.000Z', '2026-03-11T00:00:00.000Z'].map((time, n) => ({
      id: `c${n}`,
      type: 'call.completed',
      time,
    }))
    await world.send(workspace, [before!, after!])
    await world.settled()
    const from = '2026-03-10T00:00:00.000Z'
    const [phase] = subscription.phases
    const changed = { ...subscription, revision: 2, phases: [phase!, { ...phase!, from, version: 2 }] }
    await world.tell(changed, from)
    await world.tell(changed, from)
    await world.settled()
    expect(await world.explain(workspace, 'c0')).not.toHaveProperty('corrections')
    expect(await world.explain(workspace, 'c1')).toMatchObject({ price_nanos: '750000000' })
    expect(await world.revenue(workspace)).toBe(1_000_000_000n)
  })

  it('R-9 no key that a caller gives a re-rating stands in for that of a change', async () => {
    const workspace = randomUUID()
    const subscription = fixed(workspace, 1)
    await world.tell(subscription, subscription.starts_at)
    await world.send(workspace, [{ id: 'only', type: 'call.completed', time: '2026-03-11T00:00:00.000Z' }])
    await world.settled()
    await world.rerate({ ...march, reason: 'spec' }, { workspace, key: `subscription:${subscription.id}:2` })
    await world.settled()
    const from = '2026-03-10T00:00:00.000Z'
    const [phase] = subscription.phases
    await world.tell({ ...subscription, revision: 2, phases: [phase!, { ...phase!, from, version: 2 }] }, from)
    await world.settled()
    expect(await world.revenue(workspace)).toBe(750_000_000n)
  })

  it('R-4 R-9 corrects also what was rated ahead of its time, because an event may come minutes early', async () => {
    const workspace = randomUUID()
    const subscription = fixed(workspace, 1)
    await world.tell(subscription, subscription.starts_at)
    await world.settled()
    const now = Date.now()
    await world.send(workspace, [{ id: 'ahead', type: 'call.completed', time: new Date(now + 200_000).toISOString() }])
    await world.settled()
    // Takes effect in a minute: after now, and before the event.
    const from = new Date(now + 60_000).toISOString()
    const [phase] = subscription.phases
    await world.tell({ ...subscription, revision: 2, phases: [phase!, { ...phase!, from, version: 2 }] }, from)
    await world.settled()
    expect(await world.revenue(workspace)).toBe(750_000_000n)
  })

  it('R-4 R-9 from the beginning of the subscription where revisions are missing, as a compacted topic may leave it', async () => {
    const workspace = randomUUID()
    await world.send(workspace, [{ id: 'early', type: 'call.completed' }])
    await world.settled()
    const subscription = { ...fixed(workspace, 2), revision: 3 }
    await world.tell(subscription, '2099-01-01T00:00:00.000Z')
    await world.settled()
    expect(await world.revenue(workspace)).toBe(750_000_000n)
    expect(await world.explain(workspace, 'early')).toMatchObject({ subscription_id: subscription.id })
  })
})
