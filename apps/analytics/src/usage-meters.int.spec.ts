import { migrateTables } from '@portitor/clickhouse'
import { catalogChangedTopic } from '@portitor/contracts'
import { describeWith, until } from '@portitor/testing'
import { bootAnalytics, openWorld, type Running, type World } from './analytics-world.fixture.ts'
import { analyticsTables } from './index.ts'
import { answered, asked, events, expected, meters } from './meters-sample.fixture.ts'
import { ratedUsage } from './rated-usage.fixture.ts'
import { here, range, there, usageClient } from './usage-sample.fixture.ts'

const engines = [
  { engine: 'embedded', needs: ['postgres'] },
  { engine: 'server', needs: ['postgres', 'clickhouse'] },
] as const
const query = `${range}&meter=${Object.keys(asked).join(',')}`
const publish = (world: World, name: string, value: string | null) =>
  world.bus.append([{ topic: catalogChangedTopic, key: `meter:${name}`, value }])
const lineOf = (place: object, event: object) =>
  Buffer.from(`${JSON.stringify({ ...place, record: { events: [event] } })}\n`)

for (const { engine, needs } of engines) {
  describeWith(needs, `the usage of meters that do not add up, ${engine}`, () => {
    let world: World
    let service: Running
    let client: ReturnType<typeof usageClient>

    beforeAll(async () => {
      world = await openWorld(engine)
      for (const meter of meters) await publish(world, meter.name, JSON.stringify({ kind: 'meter', meter }))
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

    it.each([
      ['hour', (time: string) => time.slice(0, 13)],
      ['day', (time: string) => time.slice(0, 10)],
      ['month', (time: string) => time.slice(0, 7)],
      ['total', () => ''],
    ])('M-9 M-3 gives the largest, the different ones and the latest by %s', async (window, startOf) => {
      const { data, totals } = await client.allPages(`${query}&window=${window}&limit=100`)
      expect(answered(data, (row) => startOf(row.window_start))).toEqual(expected(events, ({ time }) => startOf(time)))
      const whole = expected(events, () => '')
      expect(new Map(totals.map((total) => [` ${total.currency}`, total.quantities]))).toEqual(whole)
    })

    it('M-9 M-3 gives them by group, and the total of groups is no sum of theirs', async () => {
      const { data, totals } = await client.allPages(`${query}&window=month&group_by=workspace_id,team&limit=3`)
      expect(
        answered(data, ({ window_start: at, group }) => `${at.slice(0, 7)} ${group.workspace_id} ${group.team}`),
      ).toEqual(
        expected(events, ({ time, workspace_id: workspace, team }) => `${time.slice(0, 7)} ${workspace} ${team}`),
      )
      const dollars = totals.find(({ currency }) => currency === 'USD')!
      const rows = data.filter(({ currency }) => currency === 'USD')
      expect(Number(dollars.quantities['users'])).toBeLessThan(
        rows.reduce((sum, { quantities }) => sum + Number(quantities['users']), 0),
      )
    })

    it('M-9 A-9 a customer gets those of its own events alone, filters included', async () => {
      for (const workspace of [here, there]) {
        const own = events.filter((event) => event.workspace_id === workspace)
        const { data } = await client.allPages(`${query}&window=day`, workspace)
        expect(answered(data, (row) => row.window_start.slice(0, 10))).toEqual(
          expected(own, ({ time }) => time.slice(0, 10)),
        )
        const filtered = await client.usage(`${query}&team=red`, workspace)
        expect(answered(filtered.data, () => '')).toEqual(
          expected(
            own.filter(({ team }) => team === 'red'),
            () => '',
          ),
        )
      }
      const both = await client.usage(`${query}`)
      const shared = Number(both.totals.find(({ currency }) => currency === 'USD')!.quantities['users'])
      const apart = await Promise.all([here, there].map((workspace) => client.usage(query, workspace)))
      const users = apart.map(({ totals }) =>
        Number(totals.find(({ currency }) => currency === 'USD')!.quantities['users']),
      )
      expect(shared).toBe(users[0]! + users[1]!)
    })

    it('M-9 gives nothing for a meter without events, and the same from a range that is not of whole days', async () => {
      const empty = await client.usage('from=2025-01-01T00:00:00Z&to=2025-02-01T00:00:00Z&meter=users,level,seats')
      expect(empty.data).toEqual([])
      const { data } = await client.usage(`${range}&meter=visitors:nowhere,seats`)
      expect(data.map(({ quantities }) => quantities['visitors:nowhere'])).toEqual(['0', '0'])
      const shifted = await client.usage(
        `from=2025-12-31T05:30:00Z&to=2026-12-31T05:30:00Z&meter=${Object.keys(asked).join(',')}`,
      )
      expect(answered(shifted.data, () => '')).toEqual(expected(events, () => ''))
    })

    it('M-9 follows the catalogue: a meter that is removed and made anew', async () => {
      const [seats] = meters
      const quantity = async () => (await client.usage(`${range}&meter=seats`)).totals[0]!.quantities['seats']
      const largest = await quantity()
      await publish(world, 'seats', JSON.stringify({ kind: 'meter', meter: { ...seats, aggregation: 'sum' } }))
      await until(async () => (await quantity()) !== largest)
      await publish(world, 'seats', 'nonsense')
      await publish(world, 'seats', JSON.stringify({ kind: 'meter', meter: seats }))
      await until(async () => (await quantity()) === largest)
    })
  })

  describeWith(needs, `the tables of analytics as they grow, ${engine}`, () => {
    it('X-4 A-1 keeps what was stored before values were, and takes them from then on', async () => {
      const world = await openWorld(engine, analyticsTables.slice(0, 1))
      try {
        const place = {
          block: '0199c1d2-0000-7000-8000-000000000001',
          log_partition: 0,
          producer: 'spec',
          sequence: '1',
        }
        const settings = {
          input_format_json_ignore_unknown_keys_in_named_tuple: 1,
          input_format_json_defaults_for_missing_elements_in_named_tuple: 1,
        }
        const before = ratedUsage({ id: 'before', values: { users: 'ada' } })
        await world.clickhouse.insert('usage_rated', lineOf(place, before), { settings })
        await migrateTables(world.clickhouse, analyticsTables)
        // A step that was interrupted is run again.
        await world.clickhouse.command('truncate table migrations')
        await migrateTables(world.clickhouse, analyticsTables)
        for (const event of [ratedUsage({ id: 'with', values: { users: 'bob' } }), ratedUsage({ id: 'without' })])
          await world.clickhouse.insert('usage_rated', lineOf(place, event), { settings })
        const rows = await world.clickhouse.query<{ id: string; meter_values: object }>(
          'select id, meter_values from rated_usages order by id',
        )
        expect(rows).toEqual([
          { id: 'before', meter_values: {} },
          { id: 'with', meter_values: { users: 'bob' } },
          { id: 'without', meter_values: {} },
        ])
        const { rows: stored, hourly, daily } = await world.sums()
        expect(stored.events).toBe(3)
        expect([hourly, daily]).toEqual([stored, stored])
      } finally {
        await world.end()
      }
    })
  })
}
