import { type AnalyticsTotals, analyticsTotalsSchema, type RatedUsage } from '@portitor/contracts'
import { describeWith, until } from '@portitor/testing'
import { bootAnalytics, openWorld, type Running, type World } from './analytics-world.fixture.ts'
import { ratedUsage } from './rated-usage.fixture.ts'

describeWith(['postgres'], 'the totals for reconciliation', () => {
  let world: World
  let service: Running
  /** Records of each partition; on this log a record's sequence is its place. */
  const records: RatedUsage[][][] = [[], [], []]

  const send = async (partition: number, fields: Partial<RatedUsage>[]) => {
    const events = fields.map(ratedUsage)
    records[partition]!.push(events)
    await world.send(events, partition)
  }
  const totals = async (cut: string): Promise<AnalyticsTotals> => {
    const { status, body } = await service.get(`/api/v1/analytics/totals?cut=${cut}`)
    expect(status).toBe(200)
    return analyticsTotalsSchema.parse(body)
  }
  const expected = (cut: Record<number, number>) => {
    const events = Object.entries(cut).flatMap(([partition, sequence]) =>
      records[Number(partition)]!.slice(0, sequence + 1).flat(),
    )
    const currencies = [...new Set(events.map((event) => event.currency))].sort().map((currency) => {
      const of = events.filter((event) => event.currency === currency)
      const sum = (field: 'price_nanos' | 'cost_nanos') =>
        String(of.reduce((total, event) => total + BigInt(event[field]), 0n))
      return { currency, price_nanos: sum('price_nanos'), cost_nanos: sum('cost_nanos') }
    })
    return { events: events.length, currencies }
  }

  beforeAll(async () => {
    world = await openWorld()
    service = await bootAnalytics(world)
    for (let n = 0; n < 30; n += 1) {
      await send(n % 2, [
        { price_nanos: String(n), cost_nanos: String(n * 3) },
        { price_nanos: '9223372036854775807', cost_nanos: '-1', time: '2025-12-31T23:59:59.999Z' },
        { currency: 'EUR', price_nanos: '1', cost_nanos: '0' },
      ])
    }
    await until(async () => (await world.sums()).rows.events === 90)
  })
  afterAll(async () => {
    await service.close()
    await world.end()
  })

  it.each([
    ['0:14,1:14', { 0: 14, 1: 14 }],
    ['0:0', { 0: 0 }],
    ['1:7', { 1: 7 }],
    ['0:3,1:9', { 0: 3, 1: 9 }],
  ])('L-11 sums exactly what lies up to the cut %s, beyond 2^63', async (cut, sequences) => {
    expect(await totals(cut)).toEqual({ reached: true, ...expected(sequences), events_stored: 90 })
  })

  it('L-11 an empty cut counts nothing', async () => {
    expect(await totals('')).toEqual({ reached: true, events: 0, currencies: [], events_stored: 90 })
  })

  it('L-11 waits for what is on its way, and says so where it does not come', async () => {
    const asked = totals('0:14,1:15')
    await new Promise((resolve) => setTimeout(resolve, 100))
    await send(1, [{ price_nanos: '77' }])
    const first = await asked
    // On a busy machine it may be stored only after the five seconds that a question waits.
    let answer = first
    await until(async () => (answer.reached ? true : ((answer = await totals('0:14,1:15')), answer.reached)))
    expect(answer).toEqual({ reached: true, ...expected({ 0: 14, 1: 15 }), events_stored: 91 })
    expect(await totals('2:0')).toEqual({ reached: false, events: 0, currencies: [], events_stored: 91 })
  })

  it('L-11 refuses a cut that is none', async () => {
    for (const cut of ['0', '0:', ':1', '0:1,', '0:-1', 'a:1', '0:1;1:2', `0:${'9'.repeat(19)}`]) {
      const { status, body } = await service.get<{ code: string }>(
        `/api/v1/analytics/totals?cut=${encodeURIComponent(cut)}`,
      )
      expect([cut, status, body.code]).toEqual([cut, 400, 'request.invalid'])
    }
  })

  it('O-4 is ready as long as everything is read', async () => {
    expect((await service.get('/health/ready')).status).toBe(200)
  })
})
