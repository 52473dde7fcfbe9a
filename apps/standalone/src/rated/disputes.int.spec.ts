import { randomUUID } from 'node:crypto'
import { describeWith } from '@portitor/testing'
import { openRatedWorld, planOf, type RatedWorld, subscriptionOf } from './rated-world.fixture.ts'

const meetings = (amount: string) =>
  planOf('meetings', [
    {
      id: 'meetings',
      meters: ['outcome:meeting_booked'],
      price: { model: 'outcome', amount, dispute_days: 14 },
      amount: { max: '5' },
    },
    { id: 'tokens', meters: ['input_tokens', 'output_tokens'], price: { model: 'per_unit', rate: '1', per: '1' } },
  ])
const booked = (id: string) => ({ id, type: 'outcome.achieved', data: { outcome: 'meeting_booked', success: true } })
const day = (date: string) => `2026-03-${date}T12:00:00.000Z`

describeWith(['postgres'], 'a dispute of an outcome', () => {
  let world: RatedWorld
  beforeAll(async () => {
    world = await openRatedWorld()
    await world.publishPlan(meetings('1.20'))
  })
  afterEach(async () => expect(await world.differences()).toEqual([]))
  afterAll(() => world.close())

  const subscribed = async (...ids: string[]) => {
    const workspace = randomUUID()
    await world.tell(subscriptionOf(workspace, { plan: 'meetings' }), '2026-01-01T00:00:00.000Z')
    await world.settled()
    await world.send(workspace, ids.map(booked))
    await world.settled()
    return workspace
  }
  const dispute = (workspace: string, id: string, at = day('20')) =>
    world.call('POST', '/api/v1/metering/disputes', {
      workspace,
      body: { source: 'spec', id, at, reason: 'nobody came' },
    })

  it('R-3 within the window takes back what the outcome owed, and says so in ledger and explanation', async () => {
    const workspace = await subscribed('a', 'b')
    const before = await world.transfers(workspace)
    const answer = await dispute(workspace, 'a')
    expect(answer).toMatchObject({
      status: 200,
      body: { id: 'a', disputed_at: day('20'), revision: 1, price_nanos: '-1200000000' },
    })
    await world.settled()
    expect(await world.revenue(workspace)).toBe(1_200_000_000n)
    expect((await world.transfers(workspace)).filter((line) => before.includes(line))).toEqual(before)
    const explained = await world.explain(workspace, 'a')
    expect(explained).toMatchObject({ price_nanos: '0', corrections: [{ reason: 'disputed: nobody came' }] })
    expect(JSON.stringify([explained, answer.body])).not.toMatch(/cost|cogs|provider_payable/)
  })

  it('R-3 too late, twice, before the event, or of what owes nothing it is refused, and changes nothing', async () => {
    const workspace = await subscribed('a', 'b')
    expect(await dispute(workspace, 'a', day('25'))).toMatchObject({ status: 409, body: { code: 'dispute.no_effect' } })
    expect(await dispute(workspace, 'a', day('09'))).toMatchObject({
      status: 400,
      body: { code: 'dispute.time_invalid' },
    })
    expect((await dispute(workspace, 'b')).status).toBe(200)
    expect(await dispute(workspace, 'b')).toMatchObject({ status: 409, body: { code: 'dispute.already_made' } })
    await world.send(workspace, [
      { id: 't', data: { provider: 'openai', model: 'gpt-4o', input_tokens: 3, output_tokens: 0 } },
    ])
    await world.settled()
    expect(await dispute(workspace, 't')).toMatchObject({ status: 409, body: { code: 'dispute.no_effect' } })
    expect(await dispute(workspace, 'nothing')).toMatchObject({ status: 404, body: { code: 'event.not_rated' } })
    expect(await world.revenue(workspace)).toBe(1_200_000_000n + 3_000_000_000n)
  })

  it('R-3 I-4 another tenant’s outcome is one that is not there', async () => {
    const workspace = await subscribed('a')
    expect(await dispute(await subscribed(), 'a')).toMatchObject({ status: 404, body: { code: 'event.not_rated' } })
    expect(await world.revenue(workspace)).toBe(1_200_000_000n)
  })

  it('R-3 of several at once one takes back, the others are told that it is disputed already', async () => {
    const workspace = await subscribed('a')
    const answers = await Promise.all([1, 2, 3, 4].map(() => dispute(workspace, 'a')))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409])
    await world.settled()
    expect(await world.revenue(workspace)).toBe(0n)
  })

  it('R-3 R-2 under a cap what is taken back is the difference of F, in whatever order', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f']
    const workspace = await subscribed(...ids)
    expect(await world.revenue(workspace)).toBe(5_000_000_000n)
    // 6 × 1.20 is 7.20: the cap of 5.00 holds with five of them, and no longer with four.
    const takenBack: unknown[] = []
    for (const id of ['c', 'a', 'f', 'b', 'e', 'd']) takenBack.push((await dispute(workspace, id)).body['price_nanos'])
    expect(takenBack).toEqual(['0', '-200000000', ...Array<string>(4).fill('-1200000000')])
    await world.settled()
    expect(await world.revenue(workspace)).toBe(0n)
  })

  it('R-3 R-9 while it is re-rated a dispute and the re-rating follow each other, and neither is lost', async () => {
    const ids = Array.from({ length: 4 }, (_, n) => `m${n}`)
    const workspace = await subscribed(...ids)
    const cheaper = await world.publishPlan(meetings('0.50'), '2098-01-01T00:00:00.000Z')
    const range = { from: '2026-03-01T00:00:00Z', to: '2026-04-01T00:00:00Z' }
    const { id } = await world.rerate({ ...range, plan: { plan: 'meetings', version: cheaper } }, { workspace })
    const answers = await Promise.all(ids.slice(0, 2).map((one) => dispute(workspace, one)))
    await world.settled()
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(await world.rerating(id)).toMatchObject({ status: 'done' })
    expect(await world.revenue(workspace)).toBe(1_000_000_000n)
  })

  it('R-3 R-4 it leaves the versions that its event stands by, whatever has been published since', async () => {
    const workspace = await subscribed('a', 'b')
    await world.publishPlan(meetings('3'), '2020-02-01T00:00:00.000Z')
    expect((await dispute(workspace, 'a')).body).toMatchObject({ price_nanos: '-1200000000' })
    expect((await dispute(workspace, 'b', day('28'))).body).toMatchObject({ code: 'dispute.no_effect' })
    await world.settled()
    expect((await world.explain(workspace, 'a'))['lines']).toMatchObject([{ version: 1 }])
    expect(await world.revenue(workspace)).toBe(1_200_000_000n)
  })
})
