import { randomUUID } from 'node:crypto'
import { Bus, busMigrations, EmbeddedBus } from '@portitor/bus'
import {
  catalogEndpoints,
  type RatedUsage,
  ratingEndpoints,
  type UsageRated,
  usageRatedTopic,
  usageRecordedTopic,
} from '@portitor/contracts'
import { Database, migrate } from '@portitor/postgres'
import { bootService, createLog, type Service } from '@portitor/service'
import { describeWith, freshDatabase, waitMsMax } from '@portitor/testing'
import { catalogFixture } from '../catalog/catalog.fixture.ts'
import { RatingModule, ratingMigrations } from '../index.ts'

const KEY = 'an operator key for tests only, long enough'

describeWith(['postgres'], 'rating of recorded usage', () => {
  let database: Database
  let bus: Bus
  let service: Service
  let end: () => Promise<void>
  const rated: RatedUsage[] = []

  beforeAll(async () => {
    const fresh = await freshDatabase()
    await migrate(fresh.url, 'bus', busMigrations)
    await migrate(fresh.url, 'rating', ratingMigrations)
    database = new Database({ url: fresh.url, connectionsMax: 10, applicationName: 'rating' })
    bus = new EmbeddedBus(database, { partitions: 4 })
    await bus.start()
    const module = RatingModule.with({ database, bus, ...catalogFixture })
    service = await bootService({
      name: 'rating',
      module,
      endpoints: [...catalogEndpoints, ...ratingEndpoints],
      bus,
      port: 0,
      host: '127.0.0.1',
      operatorKey: KEY,
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

  const event = (workspace: string, id: string, data: object = {}, rest: object = {}) => ({
    specversion: '1.0',
    id,
    source: 'spec',
    type: 'tokens.consumed',
    time: '2026-03-04T05:06:07.000Z',
    subject: workspace,
    data: {
      provider: 'openai',
      model: 'gpt-4o',
      input_tokens: 1200,
      cached_input_tokens: 200,
      output_tokens: 300,
      ...data,
    },
    ...rest,
  })
  const send = (events: object[], partition?: number) =>
    bus.append([
      {
        topic: usageRecordedTopic,
        key: randomUUID(),
        value: JSON.stringify(events),
        headers: { 'content-type': 'application/cloudevents-batch+json' },
        ...(partition === undefined ? {} : { partition }),
      },
    ])
  const of = (workspace: string) => rated.filter((usage) => usage.workspace_id === workspace)
  const rejectedOf = async (workspace: string) => {
    const { body } = await get('/api/v1/metering/rejected', workspace)
    return body['data'] as { code: string; rejection_id: string; id: string }[]
  }
  const get = (path: string, workspace?: string) => call('GET', path, workspace)
  const call = async (method: 'GET' | 'POST', path: string, workspace?: string, body?: object) => {
    const response = await fetch(new URL(path, service.url), {
      method,
      headers: {
        authorization: `Bearer ${KEY}`,
        ...(workspace === undefined ? {} : { 'x-workspace-id': workspace }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  it('R-1 attaches the price the customer owes and the cost the provider charges, part by part (M-12)', async () => {
    const workspace = randomUUID()
    await send([event(workspace, 'a')])
    await until(() => of(workspace).length === 1)
    // gpt-4o: $2.50 input, $1.25 cached, $10 output per million: 1000 × 2500 + 200 × 1250 + 300 × 10000 nanos.
    expect(of(workspace)[0]).toMatchObject({
      cost_nanos: '5750000',
      price_nanos: '7475000',
      currency: 'USD',
      provider: 'openai',
      model: 'gpt-4o',
      quantities: { input_tokens: '1200', cached_input_tokens: '200', output_tokens: '300' },
    })
  })

  it('I-6 hands on that an agent was suspended when its usage was recorded', async () => {
    const workspace = randomUUID()
    await send([
      event(workspace, 'flagged', { agent_id: 'a' }, { portitoragentstatus: 'suspended' }),
      event(workspace, 'plain', { agent_id: 'a' }),
    ])
    await until(() => of(workspace).length === 2)
    expect(of(workspace).map((usage) => [usage.id, usage.agent_status])).toEqual([
      ['flagged', 'suspended'],
      ['plain', undefined],
    ])
  })

  it('R-2 the amounts of a segment sum to F of its total, whatever the batches and partitions', async () => {
    const workspace = randomUUID()
    // $0.075 cached, $0.15 input and $0.60 output per million × 1.30: 97.5, 195 and 780 nanos a token, so halves arise.
    const sizes = Array.from({ length: 101 }, (_, n) => ({
      model: 'gpt-4o-mini',
      input_tokens: 1 + n,
      cached_input_tokens: 1,
      output_tokens: 0,
    }))
    for (const [n, size] of sizes.entries()) await send([event(workspace, `s${n}`, size)], n % 4)
    await until(() => of(workspace).length === 101)
    const price = of(workspace).reduce((sum, usage) => sum + BigInt(usage.price_nanos), 0n)
    const remainder = sizes.reduce((sum, size) => sum + BigInt(size.input_tokens - 1), 0n)
    // 101 × 97.5 = 9847.5, half-even 9848: rounded once, not 101 times.
    expect(price).toBe(remainder * 195n + 9848n)
  })

  it('M-5 a repeat has no effect: in one batch, across batches, across partitions, and sent again with subject or stamps', async () => {
    const workspace = randomUUID()
    await send([event(workspace, 'd'), event(workspace, 'd')], 0)
    await until(() => of(workspace).length === 1)
    await send(
      [
        event(workspace, 'd'),
        event(workspace, 'e'),
        event(workspace, 'd', {}, { portitorreceived: '2026-11-21T00:00:00.000Z' }),
      ],
      1,
    )
    await until(() => of(workspace).length === 2)
    await send([event(workspace, 'd')], 2)
    await send([event(workspace, 'f')], 2)
    await until(() => of(workspace).length === 3)
    expect(of(workspace).map((usage) => usage.id)).toEqual(['d', 'e', 'f'])
    expect(await rejectedOf(workspace)).toEqual([])
  })

  it('M-5 the same id with another payload is dead-lettered: in one batch, across batches, with another time', async () => {
    const workspace = randomUUID()
    await send([event(workspace, 'x'), event(workspace, 'x', { input_tokens: 9999 })])
    await send([event(workspace, 'x', { output_tokens: 1 })])
    await send([event(workspace, 'x', {}, { time: '2026-03-05T00:00:00.000Z' })])
    await until(async () => (await rejectedOf(workspace)).length === 3)
    expect((await rejectedOf(workspace)).map((letter) => letter.code)).toEqual(Array(3).fill('event.id_conflict'))
    expect(of(workspace)).toHaveLength(1)
  })

  it('M-5 the same id in two partitions at once is rated once', async () => {
    const workspace = randomUUID()
    const events = Array.from({ length: 200 }, (_, n) => event(workspace, `p${n}`))
    await Promise.all([0, 1, 2, 3].map((partition) => send(events, partition)))
    await send([event(workspace, 'end0')], 0)
    await send([event(workspace, 'end1')], 1)
    await send([event(workspace, 'end2')], 2)
    await send([event(workspace, 'end3')], 3)
    await until(() => of(workspace).filter((usage) => usage.id.startsWith('end')).length === 4)
    expect(of(workspace)).toHaveLength(204)
  })

  it('M-7 M-13 R-4 an unknown model is dead-lettered, never free; corrected and replayed it is rated under its own id', async () => {
    const workspace = randomUUID()
    await send([event(workspace, 'u', { model: 'no-such-model', provider: 'nobody' }), event(workspace, 'v')])
    await until(async () => (await rejectedOf(workspace)).length === 1 && of(workspace).length === 1)
    const [letter] = await rejectedOf(workspace)
    expect(letter).toMatchObject({ code: 'model.unknown', id: 'u' })
    expect((await get(`/api/v1/metering/events?source=spec&id=u`, workspace)).body).toMatchObject({
      status: 'rejected',
      reason: { code: 'model.unknown' },
    })

    const other = await call('POST', `/api/v1/metering/rejected/${letter!.rejection_id}/replay`, randomUUID(), {})
    expect(other.status).toBe(404)
    const replay = await call('POST', `/api/v1/metering/rejected/${letter!.rejection_id}/replay`, workspace, {
      event: event(workspace, 'u'),
    })
    expect(replay.status).toBe(202)
    await until(() => of(workspace).length === 2)
    expect((await call('POST', `/api/v1/metering/rejected/${letter!.rejection_id}/replay`, workspace, {})).status).toBe(
      409,
    )
  })

  it('M-7 poisoned records are dead-lettered with their reason and never block the partition', async () => {
    const workspace = randomUUID()
    const poison = [Buffer.from([0xff, 0xfe, 0x00]), 'not json', '[]', '{"specversion":"1.0"}', null]
    for (const value of poison) await bus.append([{ topic: usageRecordedTopic, key: null, partition: 0, value }])
    await send([event(workspace, 'after')], 0)
    await until(() => of(workspace).length === 1)
  })

  it('R-11 explains every cent, and the lines sum to the price', async () => {
    const workspace = randomUUID()
    await send([event(workspace, 'one'), event(workspace, 'two')])
    await until(() => of(workspace).length === 2)
    const { status, body } = await get('/api/v1/pricing/explain/two?source=spec', workspace)
    const lines = body['lines'] as { cell: string; q0: string; q1: string; amount_nanos: string; rate: string }[]
    expect(status).toBe(200)
    expect(lines.map((line) => [line.cell, line.q0, line.q1, line.rate]).sort()).toEqual([
      ['cached_input_tokens', '200', '400', '1.625'],
      ['input_tokens', '1000', '2000', '3.25'],
      ['output_tokens', '300', '600', '13'],
    ])
    expect(lines.reduce((sum, line) => sum + BigInt(line.amount_nanos), 0n)).toBe(BigInt(body['price_nanos'] as string))
    expect(JSON.stringify(body)).not.toMatch(/cost/)
    expect((await get('/api/v1/pricing/explain/two?source=spec', randomUUID())).status).toBe(404)
  })

  it('I-4 R-11 a workspace sees where its own events are explained, and none of the explanations of a batch', async () => {
    const [workspace, other] = [randomUUID(), randomUUID()]
    await send([event(workspace, 'mine'), event(other, 'theirs')], 1)
    await until(() => of(workspace).length === 1 && of(other).length === 1)
    const seen = await database.asTenant(
      workspace,
      async (tx) => (await tx.query('select id from rating.rated_usages')).rows,
    )
    expect(seen).toEqual([{ id: 'mine' }])
    const peek = database.asTenant(workspace, (tx) => tx.query('select lines from rating.explanations'))
    await expect(peek).rejects.toMatchObject({ code: '42501' })
    for (const statement of ['update rating.explanations set rated_at = now()', 'delete from rating.explanations'])
      await expect(database.query(statement)).rejects.toMatchObject({ code: '42501' })
    const lines = async (id: string, of: string) =>
      ((await get(`/api/v1/pricing/explain/${id}?source=spec`, of)).body['lines'] as { q1: string }[]).length
    expect([await lines('mine', workspace), await lines('theirs', other)]).toEqual([3, 3])
    expect((await get('/api/v1/pricing/explain/theirs?source=spec', workspace)).status).toBe(404)
  })

  it('M-13 an event that was never seen is a 404 that names the lag', async () => {
    const { status, body } = await get('/api/v1/metering/events?source=spec&id=never', randomUUID())
    expect(status).toBe(404)
    expect(body).toMatchObject({ code: 'event.not_seen', lag_records: expect.any(Number) })
  })

  it('L-11 counts every recorded event once: rated, duplicate or rejected, and the rated log at a cut', async () => {
    await until(async () => {
      const { body } = await get('/api/v1/rating/totals')
      return body['unread'] === 0
    })
    const { body } = await get('/api/v1/rating/totals')
    const totals = body as Record<'accepted' | 'duplicates' | 'rejected' | 'rated', number>
    expect(totals.accepted).toBe(totals.duplicates + totals.rejected + totals.rated)
    const ranges = await bus.ranges(usageRatedTopic)
    const cut = ranges
      .map((range, partition) => `${partition}:${range.high - 1n}`)
      .filter((part) => !part.includes('-'))
    const whole = (await get(`/api/v1/rating/totals?cut=${cut.join(',')}`)).body['at_cut']
    expect(whole).toEqual({
      events: totals.rated,
      currencies: [
        {
          currency: 'USD',
          price_nanos: String(rated.reduce((sum, usage) => sum + BigInt(usage.price_nanos), 0n)),
          cost_nanos: String(rated.reduce((sum, usage) => sum + BigInt(usage.cost_nanos), 0n)),
        },
      ],
    })
  })
})

async function until(condition: () => boolean | Promise<boolean>, timeoutMs = waitMsMax): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('did not happen in time')
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
