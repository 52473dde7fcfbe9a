import { randomUUID } from 'node:crypto'
import { describeWith } from '@portitor/testing'
import { openRatedWorld, planOf, type RatedWorld, subscriptionOf, type Usage } from './rated-world.fixture.ts'

const dollars = (amount: number) => BigInt(Math.round(amount * 100)) * 10_000_000n
const meter = (name: string, aggregation: string, value: string) => ({
  name,
  unit: 'u',
  event_type: `${name}.seen`,
  aggregation,
  value,
  dimensions: [],
})
const perUnit = { model: 'per_unit' as const, rate: '1', per: '1' }
const paid = (id: string, day: number, value: number): Usage => ({
  id,
  type: 'outcome.achieved',
  time: `2026-03-${String(day).padStart(2, '0')}T00:00:00.000Z`,
  data: { outcome: 'paid', value: String(value) },
})
const seen = (id: string, name: string, day: number, data: object): Usage => ({
  id,
  type: `${name}.seen`,
  time: `2026-03-${String(day).padStart(2, '0')}T00:00:00.000Z`,
  data,
})

describeWith(['postgres'], 'events whose order or whose values decide', () => {
  let world: RatedWorld
  let workspace: string
  beforeAll(async () => {
    world = await openRatedWorld()
    await world.createMeter(meter('peak_load', 'max', 'load'))
    await world.createMeter(meter('seats_now', 'latest', 'seats'))
    await world.createMeter(meter('seen_users', 'unique', 'user'))
    const kept = ['peak_load', 'seats_now', 'seen_users']
    const rate = { model: 'per_unit' as const, rate: '0.001', per: '1' }
    await world.publishBook('cost', [{ id: 'kept', meters: kept, price: rate }], '2020-01-01T00:00:00.000Z')
    await world.publishPlan(
      planOf('ordered', [
        { id: 'paid', meters: ['outcome:paid'], price: { model: 'percentage', percent: '10', free_events: 2 } },
        ...kept.map((name) => ({ id: name, meters: [name], price: perUnit })),
      ]),
    )
  })
  beforeEach(async () => {
    workspace = randomUUID()
    await world.tell(subscriptionOf(workspace, { plan: 'ordered' }), '2026-01-01T00:00:00.000Z')
    await world.settled()
  })
  afterEach(async () => expect(await world.differences()).toEqual([]))
  afterAll(() => world.close())

  it('R-2 a late event owes the difference of a re-evaluation, over batches and partitions', async () => {
    // Free are the first two by time: at first those of 10 and 20, then that of 1,000 comes late and was the very first.
    await world.send(workspace, [paid('a', 10, 10), paid('b', 20, 20)], 0)
    await world.settled()
    expect(await world.revenue(workspace)).toBe(0n)
    await world.send(workspace, [paid('c', 25, 300)], 1)
    await world.settled()
    expect(await world.revenue(workspace)).toBe(dollars(30))
    await world.send(workspace, [paid('late', 1, 1_000)], 2)
    await world.settled()
    expect(await world.revenue(workspace)).toBe(dollars(32))
    expect(await world.explain(workspace, 'late')).toMatchObject({ price_nanos: String(dollars(2)) })
  })

  it('R-2 M-5 a segment without room refuses what is new, and no repeat of what it has', async () => {
    await world.send(workspace, [paid('a', 10, 10), paid('b', 20, 20), paid('c', 25, 300)])
    await world.settled()
    await world.owner.query(
      `update rating.charge_counters set cells = jsonb_set(cells, '{events,2}', '"100000"') where workspace_id = $1 and charge = 'paid'`,
      [workspace],
    )
    await world.send(workspace, [paid('a', 10, 10), paid('new', 26, 5), seen('p', 'peak_load', 1, { load: 1 })])
    await world.settled()
    expect((await world.letters(workspace)).map(({ id, code }) => [id, code])).toEqual([
      ['new', 'pricing.segment_full'],
    ])
    expect(await world.revenue(workspace)).toBe(dollars(31))
  })

  it('M-3 R-2 max, latest and unique end at what they mean, over batches and partitions in any order', async () => {
    const events = [
      seen('p1', 'peak_load', 9, { load: 5 }),
      seen('p2', 'peak_load', 2, { load: 42 }),
      seen('p3', 'peak_load', 20, { load: 17 }),
      seen('s1', 'seats_now', 20, { seats: 3 }),
      seen('s2', 'seats_now', 10, { seats: 90 }),
      seen('s3', 'seats_now', 25, { seats: 7 }),
      seen('u1', 'seen_users', 1, { user: 'ann' }),
      seen('u2', 'seen_users', 2, { user: 'bob' }),
      seen('u3', 'seen_users', 3, { user: 'ann' }),
    ]
    for (const [n, event] of events.entries()) await world.send(workspace, [event], n % 4)
    await world.settled()
    const expected = {
      'revenue:peak_load:2026-03': 42_000_000_000n,
      'revenue:seats_now:2026-03': 7_000_000_000n,
      'revenue:seen_users:2026-03': 2_000_000_000n,
    }
    expect(await world.accounts(workspace)).toMatchObject(expected)
    await world.send(workspace, [seen('s4', 'seats_now', 24, { seats: 1 }), ...events], 3)
    await world.settled()
    expect(await world.accounts(workspace)).toMatchObject(expected)
  })

  it('R-2 many batches on one segment at once, on two replicas, come to F of all of its events', async () => {
    await world.join()
    const events = Array.from({ length: 160 }, (_, n) => [
      paid(`p${n}`, 1 + ((n * 13) % 28), n),
      seen(`u${n}`, 'seen_users', 1 + (n % 28), { user: `u${n % 11}` }),
    ]).flat()
    await Promise.all(
      Array.from({ length: 16 }, (_, batch) =>
        world.send(
          workspace,
          events.filter((_, n) => n % 16 === batch),
          batch % 4,
        ),
      ),
    )
    await world.settled()
    // The first two by (time, id) are p0 and p112, both of the first day with p28, p56 and so on: by text "p0" < "p112" < "p140".
    const total = (160 * 159) / 2
    expect(await world.accounts(workspace)).toMatchObject({
      'revenue:paid:2026-03': dollars((total - 0 - 112) / 10),
      'revenue:seen_users:2026-03': 11_000_000_000n,
    })
  })
})
