import {
  analyticsEndpoints,
  type RatedUsage,
  serviceEndpoints,
  type UsageDimension,
  usageDimensions,
  usualMeters,
} from '@portitor/contracts'
import { compareRoutes } from '@portitor/service'
import { describeWith, until } from '@portitor/testing'
import { bootAnalytics, openWorld, type Running, type World } from './analytics-world.fixture.ts'
import { events, here, range, sum, there, usageClient } from './usage-sample.fixture.ts'

describeWith(['postgres'], 'the usage API', () => {
  let world: World
  let service: Running
  let client: ReturnType<typeof usageClient>

  beforeAll(async () => {
    world = await openWorld()
    service = await bootAnalytics(world)
    client = usageClient(service)
    for (let n = 0; n < events.length; n += 50)
      await world.send(events.slice(n, n + 50), (n / 50) % world.bus.partitions)
    await until(async () => (await world.sums()).rows.events === events.length)
  })
  afterAll(async () => {
    await service.close()
    await world.end()
  })

  it('serves what is declared, nothing else', () => {
    expect(compareRoutes(service.routes, [...analyticsEndpoints, ...serviceEndpoints])).toEqual({
      undeclared: [],
      missing: [],
    })
  })

  it('A-2 totals equal the sum of the rated records to the nano, beyond 2^63', async () => {
    const { data, totals } = await client.usage(range)
    const expected = sum(events, (event) => event.currency)
    expect(expected.get('USD')!.price).toBeGreaterThan(2n ** 63n)
    client.expectRows(data, expected, (row) => row.currency)
    expect(totals.map((total) => [total.currency, total.price_nanos, total.cost_nanos, total.margin_nanos])).toEqual(
      [...expected]
        .sort()
        .map(([currency, { price, cost }]) => [currency, String(price), String(cost), String(price - cost)]),
    )
    expect(Object.keys(totals[0]!.quantities)).toEqual([...usualMeters])
  })

  it('A-2 where nothing is divided the totals are the rows, also when a page does not hold them all', async () => {
    const whole = await client.usage(`${range}&window=total`)
    expect(whole.totals.length).toBeGreaterThan(1)
    expect(whole.data.map(({ window_start: _, group: __, ...sums }) => sums)).toEqual(whole.totals)
    const page = await client.usage(`${range}&window=total&limit=1`)
    expect(page.data).toEqual(whole.data.slice(0, 1))
    expect(page.totals).toEqual(whole.totals)
  })

  it.each([
    ['hour', (time: string) => `${time.slice(0, 13)}:00:00.000Z`],
    ['day', (time: string) => `${time.slice(0, 10)}T00:00:00.000Z`],
    ['month', (time: string) => `${time.slice(0, 7)}-01T00:00:00.000Z`],
    ['total', () => '2026-01-01T00:00:00.000Z'],
  ])('M-9 sums by %s, oldest first', async (window, startOf) => {
    const { data } = await client.allPages(`${range}&window=${window}&limit=500`)
    client.expectRows(
      data,
      sum(events, (event) => `${startOf(event.time)} ${event.currency}`),
      (row) => `${row.window_start} ${row.currency}`,
    )
    expect(data.map((row) => row.window_start)).toEqual(data.map((row) => row.window_start).sort())
  })

  it('M-9 sums the same from a range that is not of whole days', async () => {
    const { data } = await client.allPages('from=2025-12-31T05:30:00Z&to=2026-12-31T05:30:00Z&window=month')
    client.expectRows(
      data,
      sum(events, (event) => `${event.time.slice(0, 7)} ${event.currency}`),
      (row) => `${row.window_start.slice(0, 7)} ${row.currency}`,
    )
  })

  it('M-9 takes in whole hours, from the first to before the last, and says which', async () => {
    const answer = await client.usage('from=2026-02-02T00:59:59.999Z&to=2026-02-02T01:00:00.001%2B00:00&window=hour')
    expect([answer.from, answer.to]).toEqual(['2026-02-02T00:00:00.000Z', '2026-02-02T02:00:00.000Z'])
    const inside = events.filter((event) => event.time >= answer.from && event.time < answer.to)
    expect(inside.length).toBeGreaterThan(0)
    client.expectRows(
      answer.data,
      sum(inside, (event) => `${event.time.slice(0, 13)} ${event.currency}`),
      (row) => `${row.window_start.slice(0, 13)} ${row.currency}`,
    )
    expect(await client.refusal('from=2026-02-02T02:00:00Z&to=2026-02-02T01:00:00Z')).toContain('400 usage.empty_range')
    const { data, from, to } = await client.usage('')
    expect([data, Date.parse(to) - Date.parse(from)]).toEqual([[], 30 * 24 * 3_600_000])
  })

  it.each(usageDimensions)('M-9 A-3 groups by %s; the groups add up to the total', async (dimension) => {
    const { data, totals } = await client.allPages(`${range}&group_by=${dimension}&limit=3`)
    const valueOf = (event: RatedUsage) => event[dimension as keyof RatedUsage] as string | undefined
    client.expectRows(
      data,
      sum(events, (event) => `${valueOf(event) ?? null} ${event.currency}`),
      (row) => `${row.group[dimension]} ${row.currency}`,
    )
    for (const total of totals) {
      const rows = data.filter((row) => row.currency === total.currency)
      expect(total.price_nanos).toBe(String(rows.reduce((price, row) => price + BigInt(row.price_nanos), 0n)))
      expect(total.events).toBe(rows.reduce((count, row) => count + row.events, 0))
    }
  })

  it('M-9 groups by several dimensions within windows, page by page without loss or repeat', async () => {
    const groupBy: UsageDimension[] = ['workspace_id', 'team', 'workflow', 'model', 'user_id']
    for (const given of [`group_by=${groupBy.join(',')}`, groupBy.map((name) => `group_by=${name}`).join('&')]) {
      const { data } = await client.allPages(`${range}&window=day&${given}&limit=50`)
      const expected = sum(
        events,
        (event) =>
          `${event.time.slice(0, 10)} ${JSON.stringify(groupBy.map((name) => event[name] ?? null))} ${event.currency}`,
      )
      client.expectRows(
        data,
        expected,
        (row) =>
          `${row.window_start.slice(0, 10)} ${JSON.stringify(groupBy.map((name) => row.group[name]))} ${row.currency}`,
      )
      expect(data).toHaveLength(expected.size)
    }
  })

  it('M-9 hands out the meters asked for, those without a column of their own too', async () => {
    const { data } = await client.usage(
      `${range}&meter=gpu_seconds,input_tokens&meter=outcome:meeting_booked&meter=vectors`,
    )
    client.expectRows(
      data,
      sum(events, (event) => event.currency),
      (row) => row.currency,
    )
    expect(Object.keys(data[0]!.quantities)).toEqual([
      'gpu_seconds',
      'input_tokens',
      'outcome:meeting_booked',
      'vectors',
    ])
    expect(data[0]!.quantities['vectors']).toBe('0')
    expect(data[0]!.quantities['outcome:meeting_booked']).not.toBe('0')
  })

  it('M-9 filters by any dimension, by several values, and by the absence of one', async () => {
    const filtered = async (query: string, fits: (event: RatedUsage) => boolean) => {
      const { data } = await client.allPages(`${range}&${query}`)
      const left = events.filter(fits)
      expect(left.length).toBeGreaterThan(0)
      client.expectRows(
        data,
        sum(left, (event) => event.currency),
        (row) => row.currency,
      )
    }
    await filtered('model=o3', (event) => event.model === 'o3')
    await filtered(
      'model=o3&model=gpt-4o&status=error',
      (event) => event.model !== 'claude-sonnet-4' && event.status === 'error',
    )
    await filtered(`workflow=${encodeURIComponent(`o'hara "x" \\ {y}`)}`, (event) => event.workflow !== 'triage')
    await filtered('team=', (event) => event.team === undefined)
    await filtered(`workspace_id=${there}`, (event) => event.workspace_id === there)
    await filtered(
      'user_id=user-3&agent_id=agent-3&region=eu&org_id=org&provider=openai&cost_center=search',
      (event) => event.user_id === 'user-3' && event.agent_id === 'agent-3',
    )
    expect((await client.usage(`${range}&model=O3`)).data).toEqual([])
  })

  it('M-9 reads the rollups and never the rows where meters add up', async () => {
    const read = await world.clickhouse.query<{ explain: string }>(
      `explain select toStartOfDay(toStartOfHour(time, 'UTC'), 'UTC') as key_0, toString(model) as key_1, countIf(revision = 0), sum(toInt128(price_nanos)), sumMap(other_quantities)['x']
       from rated_usages where workspace_id = {w:UUID} and toStartOfHour(time, 'UTC') >= '2026-01-01 00:00:00' and user_id in ['user-1'] group by key_0, key_1`,
      { w: here },
    )
    expect(read.map((row) => row.explain).join('\n')).toContain('ReadFromMergeTree (hourly_sums)')
  })

  it('M-9 names the parameter that is wrong', async () => {
    expect(await client.refusal('window=week')).toContain('window')
    expect(await client.refusal('group_by=model,price')).toContain('group_by')
    expect(await client.refusal('from=yesterday')).toContain('from')
    expect(await client.refusal('limit=501')).toContain('limit')
    expect(await client.refusal('modell=o3')).toContain('modell')
  })
})
