import { migrateTables } from '@portitor/clickhouse'
import { analyticsTotalsSchema, type RatedUsage } from '@portitor/contracts'
import { describeWith, until } from '@portitor/testing'
import { bootAnalytics, openWorld, type Running, type World } from './analytics-world.fixture.ts'
import { analyticsTables } from './index.ts'
import { mortal } from './mortal-process.fixture.ts'
import { ratedUsage } from './rated-usage.fixture.ts'
import { here, range, usageClient } from './usage-sample.fixture.ts'

const engines = [
  { engine: 'embedded', needs: ['postgres'] },
  { engine: 'server', needs: ['postgres', 'clickhouse'] },
] as const

const rated = Array.from({ length: 40 }, (_, n) =>
  ratedUsage({
    id: `event-${n}`,
    workspace_id: here,
    time: new Date(Date.UTC(2026, n % 2, 1 + (n % 3), n % 5)).toISOString(),
    model: n % 2 === 0 ? 'gpt-4o' : 'o3',
    quantities: { input_tokens: String(n + 1), gpu_seconds: '0.5' },
    price_nanos: String(1_000 + n),
    cost_nanos: String(700 + n),
  }),
)

/** What rating publishes of a correction: what the event owed is taken back, and what it owes instead. Some owe in euro now. */
function correction(event: RatedUsage, n: number): RatedUsage[] {
  const { price_nanos: price, cost_nanos: cost } = event
  const both = { ...event, quantities: {}, revision: 1, rated_at: '2026-05-05T05:05:05.000Z' }
  return [
    { ...both, reverses: true, price_nanos: `-${price}`, cost_nanos: `-${cost}` },
    {
      ...both,
      currency: n % 3 === 0 ? 'EUR' : 'USD',
      price_nanos: String(n),
      cost_nanos: String(2 * n),
      period: '2026-01-15',
      billed_in: '2026-05',
      subscription_id: '0198f3a2-0000-7000-8000-000000000001',
    },
  ]
}
const corrections = rated.slice(0, 15).map(correction)

const amounts = (of: readonly RatedUsage[]) =>
  Object.fromEntries(
    [...Map.groupBy(of, ({ currency }) => currency)].map(([currency, own]) => [
      currency,
      {
        events: own.filter(({ revision }) => revision === undefined).length,
        price: String(own.reduce((sum, event) => sum + BigInt(event.price_nanos), 0n)),
        cost: String(own.reduce((sum, event) => sum + BigInt(event.cost_nanos), 0n)),
      },
    ]),
  )

for (const { engine, needs } of engines) {
  describeWith(needs, `corrections in analytics, ${engine}`, () => {
    let world: World
    let service: Running
    let client: ReturnType<typeof usageClient>
    beforeAll(async () => {
      world = await openWorld(engine)
      service = await bootAnalytics(world)
      client = usageClient(service)
      await world.send(rated.slice(0, 20), 0)
      await world.send(rated.slice(20), 1)
      await world.send(corrections.slice(0, 5).flat(), 0)
      await world.send(corrections.slice(5).flat(), 2)
      await until(async () => (await world.sums()).rows.events === rated.length + 30)
    })
    afterAll(async () => {
      await service.close()
      await world.end()
    })

    it.each(['hour', 'day', 'month', 'total'])(
      'R-9 M-9 by %s a correction moves price and cost, and neither events nor quantities',
      async (window) => {
        const startOf = (time: string) =>
          ({ hour: time.slice(0, 13), day: time.slice(0, 10), month: time.slice(0, 7) })[window] ?? ''
        const all = [...rated, ...corrections.flat()]
        const { data } = await client.allPages(
          `${range}&window=${window}&group_by=model&meter=input_tokens,gpu_seconds&limit=7`,
        )
        const keyOf = (time: string, model: string, currency: string) => `${startOf(time)} ${model} ${currency}`
        const expected = Map.groupBy(all, ({ time, model, currency }) => keyOf(time, model!, currency))
        expect(data.map((row) => keyOf(row.window_start, row.group.model!, row.currency)).sort()).toEqual(
          [...expected.keys()].sort(),
        )
        for (const row of data) {
          const own = expected.get(keyOf(row.window_start, row.group.model!, row.currency))!
          const sums = amounts(own)[row.currency]!
          expect([row.events, row.price_nanos, row.cost_nanos]).toEqual([sums.events, sums.price, sums.cost])
          const tokens = own.reduce((sum, { quantities }) => sum + Number(quantities['input_tokens'] ?? 0), 0)
          expect(row.quantities['input_tokens']).toBe(String(tokens))
        }
      },
    )

    it('R-9 L-11 the totals at a cut count no event of a correction, and a currency that has corrections alone', async () => {
      const totals = async (cut: string) =>
        analyticsTotalsSchema.parse((await service.get(`/api/v1/analytics/totals?cut=${cut}`)).body)
      const at = async (cut: string, of: readonly RatedUsage[]) => {
        const expected = amounts(of)
        const { events, currencies, events_stored: stored } = await totals(cut)
        expect([events, stored]).toEqual([of.filter(({ revision }) => revision === undefined).length, rated.length])
        expect(
          Object.fromEntries(
            currencies.map(({ currency, price_nanos, cost_nanos }) => [currency, [price_nanos, cost_nanos]]),
          ),
        ).toEqual(Object.fromEntries(Object.entries(expected).map(([name, { price, cost }]) => [name, [price, cost]])))
      }
      await at('0:0', rated.slice(0, 20))
      await at('0:1', [...rated.slice(0, 20), ...corrections.slice(0, 5).flat()])
      await at('2:0', corrections.slice(5).flat())
      await at('0:1,1:0,2:0', [...rated, ...corrections.flat()])
    })

    it('L-11 reads the totals from the rollup that has a line for each record', async () => {
      const read = await world.clickhouse.query<{ explain: string }>(
        `explain select log_partition, sequence, currency, count(), countIf(revision = 0), sum(toInt128(price_nanos))
         from rated_usages group by log_partition, sequence, currency`,
      )
      expect(read.map((row) => row.explain).join('\n')).toContain('ReadFromMergeTree (record_sums)')
    })

    it('R-9 keeps the revision of a row, and where it is billed', async () => {
      const rows = await world.clickhouse.query(
        `select revision, reverses, period, billed_in, subscription_id from rated_usages where id = 'event-1'
         order by revision, reverses desc`,
      )
      const nothing = { reverses: false, period: '', billed_in: '', subscription_id: '' }
      expect(rows).toEqual([
        { ...nothing, revision: 0 },
        { ...nothing, revision: 1, reverses: true },
        {
          revision: 1,
          reverses: false,
          period: '2026-01-15',
          billed_in: '2026-05',
          subscription_id: '0198f3a2-0000-7000-8000-000000000001',
        },
      ])
    })
  })

  describeWith(needs, `an interrupted block with corrections, ${engine}`, () => {
    it.each([
      'with a month of the block inserted',
      'with everything inserted twice',
      'before the position moves',
    ] as const)('R-9 A-1 killed %s, all of its rows are there once in the end', async (death) => {
      const world = await openWorld(engine)
      const [first, second] = [mortal(world, death), mortal(world, undefined)]
      try {
        const all = [...rated, ...corrections.flat()]
        await world.send(rated, 0)
        await world.send(corrections.flat(), 0)
        await first.consumer.onApplicationBootstrap()
        await until(() => first.life.dead)
        await first.consumer.beforeApplicationShutdown()
        await second.consumer.onApplicationBootstrap()
        await until(async () => (await world.database.query('select * from analytics.blocks')).rows.length === 0)
        await until(async () => (await world.sums()).rows.events === all.length)
        const { rows, hourly, daily, records } = await world.sums()
        expect([hourly, daily, records]).toEqual([rows, rows, rows])
        expect(rows.price).toBe(all.reduce((sum, event) => sum + BigInt(event.price_nanos), 0n))
      } finally {
        await second.consumer.beforeApplicationShutdown()
        await world.end()
      }
    })
  })

  describeWith(needs, `the tables of analytics before corrections, ${engine}`, () => {
    it('R-9 X-4 what was stored before counts as first ratings, in every rollup, and takes corrections from then on', async () => {
      const world = await openWorld(engine, analyticsTables.slice(0, 2))
      try {
        const place = { block: '0199c1d2-0000-7000-8000-000000000001', log_partition: 0, producer: 'spec' }
        const insert = (sequence: string, events: readonly RatedUsage[]) =>
          world.clickhouse.insert(
            'usage_rated',
            Buffer.from(`${JSON.stringify({ ...place, sequence, record: { events } })}\n`),
            {
              settings: {
                input_format_json_ignore_unknown_keys_in_named_tuple: 1,
                input_format_json_defaults_for_missing_elements_in_named_tuple: 1,
              },
            },
          )
        await insert('1', rated)
        await migrateTables(world.clickhouse, analyticsTables)
        // A step that was interrupted is run again.
        await world.clickhouse.command('truncate table migrations')
        await migrateTables(world.clickhouse, analyticsTables)
        await insert('2', corrections.flat())
        const events = async (columns: string) => {
          const [row] = await world.clickhouse.query<{ events: string; rows: string }>(
            `select sum(n) as events, sum(m) as rows from (
               select countIf(revision = 0) as n, count() as m from rated_usages group by ${columns})`,
          )
          return [Number(row!.events), Number(row!.rows)]
        }
        const expected = [rated.length, rated.length + 30]
        for (const columns of [`toStartOfHour(time, 'UTC')`, `toStartOfDay(time, 'UTC')`, 'block, sequence'])
          expect(await events(columns)).toEqual(expected)
        await until(async () => {
          const rows = await world.clickhouse.query<{ name: string }>(
            `select distinct name from system.projection_parts where table = 'rated_usages' and database = currentDatabase() and active
             order by name`,
          )
          return rows.map(({ name }) => name).join() === 'daily_sums,hourly_sums,record_sums'
        })
        for (const columns of [`toStartOfHour(time, 'UTC')`, `toStartOfDay(time, 'UTC')`, 'block, sequence'])
          expect(await events(columns)).toEqual(expected)
      } finally {
        await world.end()
      }
    })
  })
}
