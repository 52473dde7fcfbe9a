import { randomUUID } from 'node:crypto'
import type { PlanContent } from '@portitor/contracts'
import { describeWith, until } from '@portitor/testing'
import { openRatedWorld, planOf, type RatedWorld, subscriptionOf } from './rated-world.fixture.ts'

const longAgo = '2026-01-01T00:00:00.000Z'
const tokens = (rate: string): PlanContent['charges'][number] => ({
  id: 'tokens',
  meters: ['input_tokens', 'output_tokens'],
  together: true,
  price: { model: 'per_unit', rate, per: '1000000' },
})
const used = (id: string, input = 1_000_000, more: object = {}) => ({
  id,
  data: { provider: 'openai', model: 'gpt-4o', input_tokens: input, output_tokens: 0, agent_id: 'a', workflow: 'w' },
  ...more,
})
const images = (id: string, count: number) => ({ id, type: 'resource.used', data: { images: count } })

describeWith(['postgres'], 'the events of subscribers', () => {
  let world: RatedWorld
  beforeAll(async () => {
    world = await openRatedWorld()
    await world.publishPlan(planOf('three', [tokens('3')]))
    await world.publishPlan(planOf('five', [tokens('5')], { otherwise: 'price_book' }))
    const pictures = {
      id: 'pictures',
      meters: ['images'],
      price: { model: 'per_unit' as const, rate: '2', per: '1' },
    }
    await world.publishPlan(planOf('pictures', [pictures], { kind: 'add_on' }))
  })
  afterEach(async () => expect(await world.differences()).toEqual([]))
  afterAll(() => world.close())

  const subscribe = async (...phases: Parameters<typeof subscriptionOf>[1][]) => {
    const workspace = randomUUID()
    const subscription = subscriptionOf(workspace, ...phases)
    await world.tell(subscription, subscription.starts_at)
    await world.settled()
    return { workspace, subscription }
  }

  it('R-4 B-2 are priced by the plan of the subscription, from the book nothing; an older revision that comes late changes nothing', async () => {
    const { workspace, subscription } = await subscribe({ plan: 'three' })
    await world.tell(
      { ...subscription, revision: 3, phases: subscriptionOf('', { plan: 'five' }).phases },
      '2099-01-01T00:00:00.000Z',
    )
    await world.settled()
    await world.tell({ ...subscription, revision: 2 }, longAgo)
    await world.settled()
    await world.send(workspace, [used('a')])
    await world.settled()
    expect(await world.accounts(workspace)).toMatchObject({
      'revenue:tokens:2026-03': 5_000_000_000n,
      'receivable:2026-03': 5_000_000_000n,
    })
    expect(await world.explain(workspace, 'a')).toMatchObject({
      subscription_id: subscription.id,
      period: '2026-03',
      lines: [{ plan: 'five', version: 1, charge: 'tokens' }],
    })
  })

  it('R-4 M-7 without a version in force an event is dead-lettered, never free, and replayed once the plan is published', async () => {
    const { workspace } = await subscribe({ plan: 'later' })
    await world.send(workspace, [used('early')])
    await until(async () => (await world.letters(workspace)).length === 1)
    const [letter] = await world.letters(workspace)
    expect(letter).toMatchObject({ code: 'pricing.no_plan', id: 'early' })
    await world.publishPlan(planOf('later', [tokens('7')]))
    const path = `/api/v1/metering/rejected/${letter!.rejection_id}/replay`
    expect((await world.call('POST', path, { workspace, body: {} })).status).toBe(202)
    await world.settled()
    expect(await world.revenue(workspace)).toBe(7_000_000_000n)
  })

  it('R-4 B-2 what no charge prices is refused, or priced by the price book where the plan says so', async () => {
    const [refusing, open] = [await subscribe({ plan: 'three' }), await subscribe({ plan: 'five' })]
    await world.publishBook(
      'price',
      [{ id: 'pictures', meters: ['images'], price: { model: 'per_unit', rate: '0.25', per: '1' } }],
      '2020-01-01T00:00:00.000Z',
    )
    for (const { workspace } of [refusing, open]) await world.send(workspace, [images('i', 4)])
    await world.settled()
    expect((await world.letters(refusing.workspace)).map(({ id }) => id)).toEqual(['i'])
    expect(await world.accounts(open.workspace)).toMatchObject({ 'revenue:pictures:2026-03': 1_000_000_000n })
    expect((await world.explain(open.workspace, 'i'))['lines']).toMatchObject([{ charge: 'pictures', version: 2 }])
  })

  it('B-2 in a trial all is free and counted, then the subscription’s own charge and its add-on price', async () => {
    const { workspace } = await subscribe(
      { plan: 'three', state: 'trial', from: longAgo },
      {
        plan: 'three',
        from: '2026-03-15T00:00:00.000Z',
        add_ons: [{ plan: 'pictures', version: 1 }],
        overrides: { charges: [tokens('1.5')] },
      },
    )
    await world.send(workspace, [
      used('trial'),
      used('after', 2_000_000, { time: '2026-03-16T00:00:00.000Z' }),
      { ...images('i', 3), time: '2026-03-17T00:00:00.000Z' },
    ])
    await world.settled()
    expect(await world.accounts(workspace)).toMatchObject({
      'revenue:tokens:2026-03': 3_000_000_000n,
      'revenue:pictures:2026-03': 6_000_000_000n,
    })
    expect(await world.explain(workspace, 'trial')).toMatchObject({ price_nanos: '0' })
    expect(JSON.stringify(await world.explain(workspace, 'after'))).not.toMatch(/cost|cogs|provider_payable/)
  })

  it('R-1 B-1 killed again and again in the middle of batches, every event and active agent counts once', async () => {
    const { workspace } = await subscribe({ plan: 'ordered' })
    await world.publishPlan(
      planOf('ordered', [
        tokens('3'),
        { id: 'paid', meters: ['outcome:paid'], price: { model: 'percentage', percent: '10', free_events: 5 } },
      ]),
    )
    const batches = 24
    for (let batch = 0; batch < batches; batch += 1) {
      const events = Array.from({ length: 10 }, (_, n) => [
        used(`t${batch}-${n}`, 1_000),
        {
          id: `p${batch}-${n}`,
          type: 'outcome.achieved',
          time: `2026-03-${String(1 + ((batch * 7 + n) % 28)).padStart(2, '0')}T00:00:00.000Z`,
          data: { outcome: 'paid', value: '10', agent_id: `agent${n}` },
        },
      ]).flat()
      await world.send(workspace, events, batch % 4)
      await world.send(workspace, events.slice(0, 5), (batch + 1) % 4)
      if (batch % 3 === 0) await world.kill()
    }
    await world.settled()
    // 240 events of 1,000 tokens at $3 a million, and all but five of 240 payments of $10 at 10 %.
    expect(await world.accounts(workspace)).toMatchObject({
      'revenue:tokens:2026-03': 240n * 3_000_000n,
      'revenue:paid:2026-03': 235n * 1_000_000_000n,
    })
    const { rows } = await world.outside.query<{ kept: bigint; actives: bigint }>(
      `select (select count(*) from rating.segment_events where workspace_id = $1) as kept,
         (select count(*) from rating.period_actives where workspace_id = $1) as actives`,
      [workspace],
    )
    expect(rows).toEqual([{ kept: 240n, actives: 12n }])
    expect(await world.letters(workspace)).toEqual([])
  })
})
