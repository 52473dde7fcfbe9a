import { randomUUID } from 'node:crypto'
import { type RatedUsage, type UsageRated, usageRatedTopic } from '@portitor/contracts'
import { describeWith } from '@portitor/testing'
import { openRatedWorld, planOf, type RatedWorld, subscriptionOf } from './rated-world.fixture.ts'

const cent = 10_000_000n
const plan = planOf('calls', [
  { id: 'calls', meters: ['requests'], price: { model: 'per_unit', rate: '0.01', per: '1' } },
])
const calls = (prefix: string, count: number, time = '2026-03-10T12:00:00.000Z') =>
  Array.from({ length: count }, (_, n) => ({ id: `${prefix}-${n}`, type: 'call.completed', time }))
const close = (period: string) => `/api/v1/pricing/periods/${period}/close`

describeWith(['postgres'], 'the close of a billing period', () => {
  let world: RatedWorld
  beforeAll(async () => {
    world = await openRatedWorld()
    await world.publishPlan(plan)
  })
  afterEach(async () => expect(await world.differences()).toEqual([]))
  afterAll(() => world.close())

  const subscribed = async () => {
    const workspace = randomUUID()
    await world.tell(subscriptionOf(workspace, { plan: 'calls' }), '2026-01-01T00:00:00.000Z')
    await world.settled()
    return workspace
  }
  const current = () => new Date().toISOString().slice(0, 7)
  const ratedOf = async (workspace: string): Promise<RatedUsage[]> => {
    const found: RatedUsage[] = []
    const follower = await world.log.follow(usageRatedTopic, 'spec', ({ value }) => {
      const { events } = JSON.parse(value!.toString()) as UsageRated
      found.push(...events.filter(({ workspace_id }) => workspace_id === workspace))
    })
    await follower.caughtUp
    await follower.close()
    return found
  }

  it('M-8 takes what came before it; what comes after keeps its period and is billed in the current one', async () => {
    const workspace = await subscribed()
    await world.send(workspace, calls('before', 3))
    await world.settled()
    expect(await world.call('POST', close('2026-03'), { workspace })).toMatchObject({
      status: 200,
      body: { period: '2026-03', starts_at: '2026-03-01T00:00:00.000Z', ends_at: '2026-04-01T00:00:00.000Z' },
    })
    await world.send(workspace, [...calls('after', 2), ...calls('april', 1, '2026-04-01T00:00:00.000Z')])
    await world.settled()
    expect(await world.accounts(workspace)).toMatchObject({
      'receivable:2026-03': 3n * cent,
      'revenue:calls:2026-03': 3n * cent,
      [`receivable:${current()}`]: 2n * cent,
      [`revenue:calls:${current()}:2026-03`]: 2n * cent,
      'revenue:calls:2026-04': cent,
    })
    expect(await world.explain(workspace, 'after-0')).toMatchObject({ period: '2026-03' })
  })

  it('M-8 twice, and twice at once, is once: one record of period.closed, the same answer', async () => {
    const workspace = await subscribed()
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => world.call('POST', close('2026-03'), { workspace })),
    )
    answers.push(await world.call('POST', close('2026-03'), { workspace }))
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
    expect(await world.closings(workspace)).toEqual([{ workspace_id: workspace, ...answers[0]!.body }])
    expect((await world.call('GET', '/api/v1/pricing/periods', { workspace })).body['data']).toEqual([answers[0]!.body])
    expect((await world.call('GET', '/api/v1/pricing/periods', { workspace: randomUUID() })).body['data']).toEqual([])
  })

  it('M-8 a period that is not over, or is none of the workspace, is not closed', async () => {
    const workspace = await subscribed()
    expect(await world.call('POST', close(current()), { workspace })).toMatchObject({
      status: 409,
      body: { code: 'period.not_over' },
    })
    expect(await world.call('POST', close('2026-03-02'), { workspace })).toMatchObject({
      status: 404,
      body: { code: 'period.not_found' },
    })
    expect(await world.closings(workspace)).toEqual([])
  })

  it('M-8 while events pour in it is answered, and each of them is in the period before that or an adjustment', async () => {
    const workspace = await subscribed()
    await world.join()
    let sent = 0
    let answered = false
    const pour = async (partition: number) => {
      for (let n = 0; !answered || n < 20; n += 1) {
        await world.send(workspace, calls(`${partition}-${n}`, 40), partition)
        sent += 40
      }
      // Some that come for sure after the close.
      await world.send(workspace, calls(`${partition}-late`, 5), partition)
      sent += 5
    }
    const pouring = Promise.all([0, 1, 2, 3].map(pour))
    while ((await ratedOf(workspace)).length === 0);
    const { status } = await world.call('POST', close('2026-03'), { workspace })
    const inPeriod = (await ratedOf(workspace)).filter(({ billed_in }) => billed_in === undefined).map(({ id }) => id)
    answered = true
    await pouring
    await world.settled()
    expect(status).toBe(200)
    const rated = await ratedOf(workspace)
    const after = rated.filter(({ billed_in }) => billed_in === undefined).map(({ id }) => id)
    expect(after.toSorted()).toEqual(inPeriod.toSorted())
    expect(rated).toHaveLength(sent)
    expect(inPeriod.length).toBeGreaterThan(0)
    expect(await world.accounts(workspace)).toMatchObject({
      'revenue:calls:2026-03': BigInt(inPeriod.length) * cent,
      [`revenue:calls:${current()}:2026-03`]: BigInt(sent - inPeriod.length) * cent,
    })
  })

  it('R-9 M-8 a closed period’s accounts stand still: what is rated again in it is reversed and billed now', async () => {
    const workspace = await subscribed()
    await world.send(workspace, calls('early', 10))
    await world.settled()
    await world.call('POST', close('2026-03'), { workspace })
    const dearer = await world.publishPlan(
      { ...plan, charges: [{ ...plan.charges[0]!, price: { model: 'per_unit', rate: '0.03', per: '1' } }] },
      '2026-02-01T00:00:00.000Z',
    )
    const { id, status } = await world.rerate(
      { from: '2026-03-01T00:00:00Z', to: '2026-04-01T00:00:00Z', plan: { plan: 'calls', version: dearer } },
      { workspace },
    )
    expect(status).toBe(202)
    await world.settled()
    expect(await world.rerating(id)).toMatchObject({ status: 'done', events: 10, corrected: 10 })
    expect(await world.accounts(workspace)).toMatchObject({
      'receivable:2026-03': 10n * cent,
      'revenue:calls:2026-03': 10n * cent,
      [`receivable:${current()}`]: 20n * cent,
      [`revenue:calls:${current()}:2026-03`]: 20n * cent,
    })
  })
})
