import { randomUUID } from 'node:crypto'
import { type Bus, busMigrations, EmbeddedBus } from '@portitor/bus'
import {
  catalogEndpoints,
  estimateSchema,
  type RatedUsage,
  ratingEndpoints,
  type UsageRated,
  usageRatedTopic,
  usageRecordedTopic,
} from '@portitor/contracts'
import { Database, migrate } from '@portitor/postgres'
import { bootService, createLog, type Service } from '@portitor/service'
import { describeWith, freshDatabase, until } from '@portitor/testing'
import { catalogFixture } from '../catalog/catalog.fixture.ts'
import { RatingModule, ratingMigrations } from '../index.ts'

const operatorKey = 'an operator key of at least 32 characters'
const usage = { model: 'gpt-4o', input_tokens: 1200, cached_input_tokens: 200, output_tokens: 300 }

describeWith(['postgres'], 'the API that estimates', () => {
  let database: Database
  let bus: Bus
  let service: Service
  let end: () => Promise<void>
  const rated: RatedUsage[] = []

  beforeAll(async () => {
    const fresh = await freshDatabase()
    await migrate(fresh.url, 'bus', busMigrations)
    await migrate(fresh.url, 'rating', ratingMigrations)
    database = new Database({ url: fresh.url, connectionsMax: 8, applicationName: 'estimate.int.spec' })
    bus = new EmbeddedBus(database, { partitions: 2 })
    await bus.start()
    service = await bootService({
      name: 'rating',
      module: RatingModule.with({ database, bus, ...catalogFixture }),
      endpoints: [...catalogEndpoints, ...ratingEndpoints],
      bus,
      port: 0,
      host: '127.0.0.1',
      operatorKey,
      log: createLog({ name: 'rating', level: 'silent' }),
    })
    const follower = await bus.follow(usageRatedTopic, 'spec', (record) => {
      rated.push(...(JSON.parse(record.value!.toString()) as UsageRated).events)
    })
    end = async () => {
      await follower.close()
      await service.close()
      await bus.close()
      await database.close()
      await fresh.drop()
    }
  })
  afterAll(() => end())

  const call = async (method: 'GET' | 'POST', path: string, workspace?: string, body?: string) => {
    const response = await fetch(service.url + path, {
      method,
      headers: {
        apikey: operatorKey,
        ...(workspace === undefined ? {} : { 'x-workspace-id': workspace }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body }),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const estimate = (body: object | string, workspace?: string) =>
    call('POST', '/api/v1/pricing/estimate', workspace, typeof body === 'string' ? body : JSON.stringify(body))

  it('R-10 is what rating then makes of the first such event, price, cost and every line of its explanation', async () => {
    const workspace = randomUUID()
    const { status, body } = await estimate(usage)
    expect(status).toBe(200)
    const estimated = estimateSchema.strict().parse(body)
    const event = { specversion: '1.0', id: 'e', source: 'spec', type: 'tokens.consumed', subject: workspace }
    await bus.append([
      {
        topic: usageRecordedTopic,
        key: workspace,
        value: JSON.stringify([{ ...event, data: usage }]),
        headers: { 'content-type': 'application/cloudevents-batch+json' },
      },
    ])
    const owed = () => rated.find(({ workspace_id }) => workspace_id === workspace)
    await until(() => owed() !== undefined)
    expect(owed()).toMatchObject({ price_nanos: estimated.price_nanos, cost_nanos: estimated.cost_nanos })
    const explained = await call('GET', '/api/v1/pricing/explain/e?source=spec', workspace)
    expect((await estimate(usage, workspace)).body['lines']).toMatchObject(explained.body['lines'] as object[])
    expect(estimated).toMatchObject({ basis: 'first_of_period', currency: 'USD', version: 1, price_nanos: '7475000' })
  })

  it('A-9 L-8 cost and margin are shown to an operator over the whole system and not in a workspace', async () => {
    const whole = estimateSchema.parse((await estimate(usage)).body)
    expect(whole).toMatchObject({ price_nanos: '7475000', cost_nanos: '5750000', margin_nanos: '1725000' })
    expect(new Set(whole.lines.map(({ side }) => side))).toEqual(new Set(['price', 'cost']))
    const { status, body } = await estimate(usage, randomUUID())
    expect(status).toBe(200)
    expect(estimateSchema.parse(body).lines).toHaveLength(3)
    expect(JSON.stringify(body)).not.toMatch(/cost|margin/)
  })

  it('R-10 refuses with the code of a rejection and its field', async () => {
    const refused = await estimate({ ...usage, model: 'gpt-forty' })
    expect(refused).toMatchObject({ status: 422, body: { code: 'model.unknown', field: 'model' } })
    const wrong = await estimate({ ...usage, output_tokens: -1 })
    expect(wrong).toMatchObject({ status: 400, body: { code: 'quantity.malformed', field: 'output_tokens' } })
    expect(await estimate('[]')).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
    expect(await estimate('{')).toMatchObject({ status: 400, body: { code: 'request.malformed_json' } })
  })

  it('M-10 numbers keep the digits they were sent with', async () => {
    const { body } = await estimate('{"model": "gpt-4o-mini", "input_tokens": 9007199254740993}')
    expect((body['lines'] as object[])[0]).toMatchObject({ quantity: '9007199254740993' })
    const exponent = await estimate('{"model": "gpt-4o", "input_tokens": 1e3}')
    expect(exponent).toMatchObject({ status: 400, body: { code: 'quantity.malformed', field: 'input_tokens' } })
  })

  it('R-10 records nothing: no event, no counter', async () => {
    const count = async () => (await call('GET', '/api/v1/rating/totals')).body
    const before = await count()
    await estimate(usage, randomUUID())
    expect(await count()).toEqual(before)
  })
})
