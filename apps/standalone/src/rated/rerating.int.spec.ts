import { randomUUID } from 'node:crypto'
import { describeWith } from '@portitor/testing'
import {
  costOf,
  eventsOf,
  march,
  mixed,
  type MixedWorld,
  nonZero,
  openMixedWorld,
  underPlan,
} from './mixed-plan.fixture.ts'

describeWith(['postgres'], 'a re-rating', () => {
  let world: MixedWorld
  beforeAll(async () => {
    world = await openMixedWorld()
  })
  afterEach(async () => expect(await world.differences()).toEqual([]))
  afterAll(() => world.close())

  it('R-9 under a plan version leaves the ledger as if it had been rated so: by reversals and new transfers, and no edit', async () => {
    const [workspace, bystander] = [await world.subscribed(), await world.subscribed()]
    const events = eventsOf('e', 60)
    for (const one of [workspace, bystander]) await world.sendAll(one, events)
    await world.settled()
    const [before, beside] = [await world.transfers(workspace), await world.transfers(bystander)]
    const owed = await world.revenue(workspace)
    const answer = await world.rerated(underPlan(2), { workspace })
    expect(answer).toMatchObject({
      status: 'done',
      events: 60,
      corrected: 60,
      refused: 0,
      cost_nanos: '0',
      progress: 1,
    })
    expect(nonZero(await world.accounts(workspace))).toEqual(await world.afresh(2, events))
    expect(BigInt(answer['price_nanos'] as string)).toBe((await world.revenue(workspace)) - owed)
    const after = await world.transfers(workspace)
    expect(after.length).toBeGreaterThan(before.length)
    expect(after.filter((line) => before.includes(line))).toEqual(before)
    expect(await world.transfers(bystander)).toEqual(beside)
  })

  it('R-9 R-11 M-13 is told: the explanation has the corrections and sums to what is owed, the status has the revision', async () => {
    const workspace = await world.subscribed()
    await world.send(workspace, [{ id: 'call', type: 'call.completed' }])
    await world.settled()
    expect(await world.status(workspace, 'call')).toMatchObject({ price_nanos: '250000000' })
    await world.rerated({ ...underPlan(2), reason: 'wrong tier' }, { workspace })
    const explained = await world.explain(workspace, 'call')
    expect(explained).toMatchObject({
      price_nanos: '750000000',
      lines: [{ plan: 'mixed', version: 2, amount_nanos: '750000000' }],
      corrections: [{ revision: 1, reason: 'wrong tier', reversed_nanos: '-250000000', price_nanos: '750000000' }],
    })
    expect(JSON.stringify(explained)).not.toMatch(/cost|cogs|provider_payable/)
    expect(await world.status(workspace, 'call')).toMatchObject({ status: 'posted', revision: 1, version: 2 })
  })

  it('R-9 under a cost version changes what it cost and nothing of what is owed; under a price version what the book prices', async () => {
    const [workspace, booked] = [await world.subscribed(), randomUUID()]
    await world.send(workspace, [{ id: 'won', type: 'outcome.achieved', data: { outcome: 'won', value: '4' } }])
    await world.send(booked, [{ id: 'image', type: 'resource.used', data: { images: 7 } }])
    await world.settled()
    const owed = await world.revenue(workspace)
    const cost = await world.publishBook('cost', costOf('0.005'), '2099-01-01T00:00:00.000Z')
    const price = await world.publishBook(
      'price',
      [{ id: 'pictures', meters: ['images'], price: { model: 'per_unit', rate: '0.5', per: '1' } }],
      '2099-01-01T00:00:00.000Z',
    )
    expect(await world.rerated({ cost_version: cost }, { workspace })).toMatchObject({
      price_nanos: '0',
      cost_nanos: '3000000',
    })
    expect(await world.accounts(workspace)).toMatchObject({ 'provider_payable:unknown': 5_000_000n })
    expect(await world.revenue(workspace)).toBe(owed)
    expect(await world.rerated({ price_version: price }, { workspace: booked })).toMatchObject({
      price_nanos: '3500000000',
    })
    expect(await world.accounts(booked)).toMatchObject({ 'revenue:pictures:2026-03': 3_500_000_000n })
  })

  it('R-9 R-4 without versions takes what is in force: after a backdated publication the newest, and again nothing', async () => {
    await world.publishPlan(mixed('dated', '0.2'))
    const workspace = await world.subscribed(null, 'dated')
    const events = eventsOf('d', 25)
    await world.sendAll(workspace, events)
    await world.settled()
    await world.publishPlan(mixed('dated', '0.3'), '2020-02-01T00:00:00.000Z')
    expect(await world.rerated({}, { workspace })).toMatchObject({ events: 25, corrected: 25 })
    const other = await world.subscribed(null, 'dated')
    await world.sendAll(other, events)
    await world.settled()
    expect(nonZero(await world.accounts(workspace))).toEqual(nonZero(await world.accounts(other)))
    expect(await world.rerated({}, { workspace })).toMatchObject({ events: 25, corrected: 0, price_nanos: '0' })
  })

  it('R-9 the same idempotency-key is the same re-rating, and with another body it is refused', async () => {
    const workspace = await world.subscribed()
    const key = randomUUID()
    const body = { ...march, ...underPlan(2) }
    const answers = await Promise.all(
      [key, key, `"${key}"`].map((same) => world.rerate(body, { workspace, key: same })),
    )
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
    expect(await world.rerate({ ...body, ...underPlan(3) }, { workspace, key })).toMatchObject({
      status: 422,
      body: { code: 'idempotency.conflict' },
    })
    expect(await world.rerate({ ...body, ...underPlan(99) }, { workspace })).toMatchObject({
      status: 409,
      body: { code: 'version.not_published' },
    })
    await world.settled()
  })

  it('R-4 R-9 what the version does not price is counted with its reason, and stays as it is', async () => {
    const workspace = await world.subscribed()
    await world.sendAll(workspace, eventsOf('r', 10))
    await world.settled()
    const bare = await world.publishPlan(
      { ...mixed('mixed', '0.4'), charges: mixed('mixed', '0.4').charges.slice(0, 1) },
      '2098-01-01T00:00:00.000Z',
    )
    const before = await world.accounts(workspace)
    expect(await world.rerated(underPlan(bare), { workspace })).toMatchObject({
      events: 10,
      corrected: 2,
      refused: 8,
      refusals: expect.arrayContaining([
        expect.objectContaining({ workspace_id: workspace, code: 'pricing.no_charge' }),
      ]) as unknown,
    })
    const after = await world.accounts(workspace)
    expect(after['revenue:paid:2026-03']).toBe(before['revenue:paid:2026-03'])
    expect(after['revenue:calls:2026-03']).toBe(800_000_000n)
  })
})
