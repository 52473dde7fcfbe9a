import { type ExportedUsage, exportPageSchema, type RatedUsage } from '@portitor/contracts'
import { describeWith, until } from '@portitor/testing'
import { bootAnalytics, openWorld, type Running, type World } from './analytics-world.fixture.ts'
import { ratedUsage } from './rated-usage.fixture.ts'
import { here, there } from './usage-sample.fixture.ts'

const engines = [
  { engine: 'embedded', needs: ['postgres'] },
  { engine: 'server', needs: ['postgres', 'clickhouse'] },
] as const
const range = 'from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z'
const path = '/api/v1/analytics/rated_usages'

/** Events of every kind, ties of time, two sources of one id, names that break texts, zeros that are said. */
const rated = Array.from({ length: 60 }, (_, n): RatedUsage => {
  const base = ratedUsage({
    source: n % 2 === 0 ? 'left' : `right '"\\ 😀`,
    id: `event-${Math.floor(n / 2)}`,
    workspace_id: n % 4 === 3 ? there : here,
    time: new Date(Date.UTC(2026, n % 2, 1 + (n % 3), 0, 0, 0, n % 5 === 0 ? 0 : n)).toISOString(),
    quantities: {
      ...(n % 3 === 0 ? { requests: '0' } : {}),
      ...(n % 5 === 0 ? { cached_input_tokens: '0', level: '0' } : {}),
      input_tokens: `${n}.000000001`,
      'outcome:won': '123456789012345678',
    },
    ...(n % 6 === 0 ? { org_id: 'org', team: 'red', workflow: `o'hara {x:String}` } : {}),
    ...(n % 7 === 0
      ? { values: { users: 'ada' }, attributes: { provider: '', stream: 'true', plan_tag: `x'"\\y` } }
      : {}),
    ...(n % 9 === 0 ? { facts: { value: '12.5', quality: '0.9', success: false } } : {}),
    price_nanos: n === 8 ? '9223372036854775807' : String(n),
    cost_nanos: '-7',
  })
  if (n % 11 === 0) delete base.model
  return base
})

function corrected(event: RatedUsage, revision: number, changed: Partial<RatedUsage>): RatedUsage[] {
  const both = { ...event, quantities: {}, revision }
  delete both.values
  return [
    { ...both, reverses: true, price_nanos: '-5', cost_nanos: '7' },
    { ...both, price_nanos: '9223372036854775807', cost_nanos: '1', model: 'another', ...changed },
  ]
}
const disputed = { value: '12.5', disputed_at: '2026-02-02T00:00:00.000Z' }
const corrections = [
  ...rated.slice(0, 10).flatMap((event) => corrected(event, 1, {})),
  ...corrected(rated[9]!, 2, { facts: disputed }),
  ...corrected(rated[8]!, 2, { currency: 'EUR' }),
]

/** The plain way. */
function exported(event: RatedUsage): ExportedUsage {
  const own = [event, ...corrections].filter(
    ({ workspace_id, source, id }) => workspace_id === event.workspace_id && source === event.source && id === event.id,
  )
  const { rated_at: _, currency: __, price_nanos: ___, cost_nanos: ____, charges: _____, ...rest } = event
  const facts = own.filter(({ reverses }) => reverses !== true).at(-1)!.facts
  const sum = (of: RatedUsage[], field: 'price_nanos' | 'cost_nanos') =>
    String(of.reduce((total, one) => total + BigInt(one[field]), 0n))
  return {
    ...rest,
    ...(facts === undefined ? {} : { facts }),
    owed: [...Map.groupBy(own, ({ currency }) => currency)].map(([currency, of]) => ({
      currency,
      price_nanos: sum(of, 'price_nanos'),
      cost_nanos: sum(of, 'cost_nanos'),
    })),
  }
}
const keyOf = ({ workspace_id, time, source, id }: Pick<RatedUsage, 'workspace_id' | 'time' | 'source' | 'id'>) =>
  JSON.stringify([workspace_id, time, source, id])
const sorted = (events: readonly ExportedUsage[]) =>
  events
    .map((event) => ({ ...event, owed: event.owed.toSorted((a, b) => (a.currency < b.currency ? -1 : 1)) }))
    .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))

for (const { engine, needs } of engines) {
  describeWith(needs, `the export of rated events, ${engine}`, () => {
    let world: World
    let service: Running
    beforeAll(async () => {
      world = await openWorld(engine)
      service = await bootAnalytics(world)
      await world.send(rated, 0)
      await world.send(corrections, 1)
      await until(async () => (await world.sums()).rows.events === rated.length + corrections.length)
    })
    afterAll(async () => {
      await service.close()
      await world.end()
    })
    const pages = async (query: string) => {
      const data: ExportedUsage[] = []
      let cursor = ''
      for (let calls = 0; calls < 100; calls += 1) {
        const { status, body } = await service.get(`${path}?${query}${cursor}`)
        expect([status, status === 200 ? '' : body]).toEqual([200, ''])
        const page = exportPageSchema.parse(body)
        data.push(...page.data)
        if (page.next_cursor === null) return data
        cursor = `&cursor=${page.next_cursor}`
      }
      throw new Error('no end of pages')
    }

    it.each([1, 7, 500])(
      'R-8 hands out each event once, as it was first rated, with what it has come to owe and its newest facts, %d a page',
      async (limit) => {
        const data = await pages(`${range}&limit=${limit}`)
        expect(sorted(data)).toEqual(sorted(rated.map(exported)))
        for (const workspace of [here, there]) {
          const places = data
            .filter((event) => event.workspace_id === workspace)
            .map(({ time, source, id }) => Buffer.from(`${time}\0${source}\0${id}`))
          expect(places).toEqual(places.toSorted((a, b) => Buffer.compare(a, b)))
        }
      },
    )

    it('R-8 hands out the events of a range and a workspace alone', async () => {
      const [from, to] = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.020Z']
      const expected = rated.filter(
        ({ time, workspace_id: workspace }) => time >= from && time < to && workspace === here,
      )
      expect(expected.length).toBeGreaterThan(3)
      const data = await pages(`from=${from}&to=${to}&workspace_id=${here}&limit=2`)
      expect(sorted(data)).toEqual(sorted(expected.map(exported)))
    })

    it('R-8 A-9 refuses a range that is none, a cursor that is none, and whoever has no key', async () => {
      const refusal = async (query: string, workspace?: string) => {
        const { status, body } = await service.get<{ code: string }>(`${path}?${query}`, workspace)
        return `${status} ${body.code}`
      }
      expect(await refusal('from=2026-02-01T00:00:00Z&to=2026-02-01T00:00:00Z')).toBe('400 usage.empty_range')
      expect(await refusal('to=2026-02-01T00:00:00Z')).toBe('400 request.invalid')
      for (const cursor of ['x', Buffer.from(`["' or 1=1", 1, "a", "b"]`).toString('base64url')])
        expect(await refusal(`${range}&cursor=${cursor}`)).toBe('400 usage.bad_cursor')
      expect(await refusal(`${range}&limit=1001`)).toBe('400 request.invalid')
      expect((await fetch(`${service.url}${path}?${range}`)).status).toBe(401)
    })
  })
}
