import { readdirSync, readFileSync } from 'node:fs'
import { busMigrations, EmbeddedBus } from '@portitor/bus'
import {
  type Charge,
  offeredPlanVersionSchema,
  type PlanContent,
  planDiffSchema,
  planEndpoints,
  planEntrySchema,
  planVersionDetailSchema,
  planVersionSummarySchema,
} from '@portitor/contracts'
import { Database, migrate } from '@portitor/postgres'
import { bootService, createLog, type Service } from '@portitor/service'
import { connectAsOwner, describeWith, freshDatabase } from '@portitor/testing'
import { CatalogCache } from '../catalog/catalog.cache.ts'
import { catalogFixture } from '../catalog/catalog.fixture.ts'
import { CatalogModule } from '../catalog/catalog.module.ts'
import { ratingMigrations } from '../index.ts'
import { planFixture, tokensCharge } from './plan.fixture.ts'

const operatorKey = 'an operator key of at least 32 characters'
const plans = '/api/v1/pricing/plans'
const future = '2099-01-01T00:00:00.000Z'
const folder = new URL('../../../../examples/plans/', import.meta.url)

describeWith(['postgres'], 'the API of plans', () => {
  let server: Awaited<ReturnType<typeof freshDatabase>>
  let database: Database
  let service: Service

  beforeAll(async () => {
    server = await freshDatabase()
    await migrate(server.url, 'bus', busMigrations)
    await migrate(server.url, 'rating', ratingMigrations)
    database = new Database({ url: server.url, connectionsMax: 6, applicationName: 'plans-api.int.spec' })
    const bus = new EmbeddedBus(database, { partitions: 2 })
    service = await bootService({
      name: 'rating',
      module: CatalogModule.with({ database, bus, ...catalogFixture }),
      endpoints: planEndpoints,
      bus,
      port: 0,
      host: '127.0.0.1',
      operatorKey,
      log: createLog({ name: 'rating', level: 'silent' }),
    })
  })
  afterAll(async () => {
    await service.close()
    await database.close()
    await server.drop()
  })

  async function call(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown, headers: object = {}) {
    const answer = await service.app.inject({
      method,
      url: `${plans}${path}`,
      headers: {
        authorization: `Bearer ${operatorKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    })
    return { status: answer.statusCode, body: answer.json() }
  }
  const draft = (content: PlanContent, note = '') => call('POST', `/${content.id}/versions`, { note, content })
  const publish = (plan: string, version: number, body?: object) =>
    call('POST', `/${plan}/versions/${version}/publish`, body)
  const offered = { 'x-workspace-id': '018f0000-0000-7000-8000-000000000001' }
  const inForce = () => service.app.get(CatalogCache).inForce(database)

  it('B-1 takes every example plan from draft to publication, and a running rater has it at once, without a restart', async () => {
    expect((await inForce()).plans.size).toBe(0)
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
      const content = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as PlanContent
      const made = await draft(content)
      expect([file, made.status]).toEqual([file, 201])
      expect(planVersionSummarySchema.parse(made.body)).toMatchObject({
        version: 1,
        status: 'draft',
        effective_from: null,
      })
      expect(await publish(content.id, 1)).toMatchObject({ status: 200, body: { status: 'published' } })
      const [published] = (await inForce()).plans.get(content.id)!
      expect(published).toMatchObject({ plan: content.id, version: 1, kind: 'plan', effectiveToMs: Infinity, content })
      expect(published!.content).toBe(published!.content)
    }
    const { rows } = await database.query<{ value: Buffer }>(`select value from bus.records where key = 'plan:hybrid'`)
    expect(rows.map(({ value }) => JSON.parse(value.toString()))).toEqual([
      { kind: 'plan', plan: 'hybrid', version: 1 },
    ])
  })

  it('R-4 B-1 a later version takes effect at its time: until then, and for events before it, the older one holds', async () => {
    const content = planFixture({ id: 'later' })
    await draft(content)
    await draft({ ...content, charges: [{ ...tokensCharge, price: { model: 'per_unit', rate: '9', per: '1000000' } }] })
    expect(await publish('later', 1, { effective_from: '2020-01-01T00:00:00Z', backdate: true })).toMatchObject({
      body: {
        effective_from: '2020-01-01T00:00:00.000Z',
        author: { kind: 'operator' },
        publisher: { kind: 'operator' },
      },
    })
    await publish('later', 2, { effective_from: future, effective_to: '2099-02-01T00:00:00+00:00' })
    expect((await inForce()).plans.get('later')).toMatchObject([
      { version: 1, effectiveFromMs: Date.UTC(2020, 0, 1), effectiveToMs: Infinity },
      { version: 2, effectiveFromMs: Date.UTC(2099, 0, 1), effectiveToMs: Date.UTC(2099, 1, 1) },
    ])
    expect((await call('GET', '/later')).body).toEqual({
      plan: 'later',
      kind: 'plan',
      name: 'Starter',
      newest_published: 2,
      in_force: 1,
      newest_version: 2,
    })
  })

  it('R-4 tells what changes, and rolls back by a new version that says the same', async () => {
    const diff = planDiffSchema.parse((await call('GET', '/later/versions/2/diff')).body)
    expect(diff).toMatchObject({ from: 1, to: 2, added: 0, removed: 0, changed: 1, next_cursor: null })
    expect(diff.data).toEqual([{ change: 'changed', what: 'charges[tokens].price.rate', before: '3', after: '9' }])
    expect(await call('GET', '/later/versions/1/diff')).toMatchObject({ body: { code: 'plan.nothing_before' } })
    expect(await call('POST', '/later/versions/1/rollback')).toMatchObject({
      status: 201,
      body: { version: 3, status: 'draft', note: 'Rollback to version 1' },
    })
    expect((await call('GET', '/later/versions/3/diff?from=1')).body.data).toEqual([])
    const versions = (await call('GET', '/later/versions?limit=2')).body
    expect(versions).toMatchObject({ data: [{ version: 3 }, { version: 2 }], next_cursor: '2' })
    expect((await call('GET', '/later/versions?limit=2&cursor=2')).body).toMatchObject({
      data: [{ version: 1 }],
      next_cursor: null,
    })
  })

  it('B-1 shows customers what is published and nothing else: no draft, no author, no margin over our cost', async () => {
    const price: Charge['price'] = {
      model: 'cost_plus',
      margin_percent: '17',
      margins: [{ model: 'gpt-4o', margin_percent: '19' }],
    }
    await draft(
      planFixture({ id: 'resold', charges: [{ id: 'tokens', meters: ['input_tokens', 'output_tokens'], price }] }),
      'a secret',
    )
    for (const path of ['/resold', '/resold/versions', '/resold/versions/1'])
      expect([path, (await call('GET', path, undefined, offered)).status]).toEqual([path, 404])
    expect(JSON.stringify((await call('GET', '', undefined, offered)).body)).not.toContain('resold')
    expect((await call('GET', '/resold')).body).toMatchObject({
      newest_published: null,
      in_force: null,
      newest_version: 1,
    })

    await publish('resold', 1)
    await call('POST', '/resold/versions/1/rollback')
    const entry = (await call('GET', '/resold', undefined, offered)).body
    expect(planEntrySchema.parse(entry)).toEqual({
      plan: 'resold',
      kind: 'plan',
      name: 'Starter',
      newest_published: 1,
      in_force: 1,
    })
    expect((await call('GET', '/resold/versions', undefined, offered)).body.data).toMatchObject([{ version: 1 }])
    const { body } = await call('GET', '/resold/versions/1', undefined, offered)
    expect(offeredPlanVersionSchema.strict().parse(body).content.charges[0]!.price).toEqual({ model: 'cost_plus' })
    expect(JSON.stringify(body)).not.toMatch(/secret|margin|author|17|19"/)
    expect(
      planVersionDetailSchema.parse((await call('GET', '/resold/versions/1')).body).content.charges[0]!.price,
    ).toEqual(price)
    const listed = (await call('GET', '?limit=500', undefined, offered)).body.data as { plan: string }[]
    expect(listed.map(({ plan }) => plan)).toEqual([...listed.map(({ plan }) => plan)].sort())
    expect((await call('GET', '?limit=1', undefined, offered)).body.next_cursor).toBe(listed[0]!.plan)
  })

  it('B-1 shows a private plan to those who are subscribed to it, and to nobody else that it is there', async () => {
    await draft(planFixture({ id: 'bespoke', visibility: 'private' }), 'for one customer')
    await publish('bespoke', 1)
    const owner = '01900000-0000-7000-8000-0000000000f1'
    const phases = [{ plan: 'bespoke', add_ons: [] }]
    await database.query(
      `insert into rating.subscriptions (workspace_id, subscription_id, revision, starts_at, content) values ($1, $1, 1, now(), $2)`,
      [owner, JSON.stringify({ phases })],
    )
    for (const path of ['/bespoke', '/bespoke/versions', '/bespoke/versions/1']) {
      expect([path, (await call('GET', path, undefined, { 'x-workspace-id': owner })).status]).toEqual([path, 200])
      expect([path, (await call('GET', path, undefined, offered)).status]).toEqual([path, 404])
    }
    const namesFor = async (headers: object) =>
      ((await call('GET', '?limit=500', undefined, headers)).body.data as { plan: string }[]).map(({ plan }) => plan)
    expect(await namesFor({ 'x-workspace-id': owner })).toContain('bespoke')
    expect(await namesFor(offered)).not.toContain('bespoke')
    expect(await namesFor({})).toContain('bespoke')
  })

  it('R-4 B-1 names the field of a draft that cannot be right, and stores nothing', async () => {
    expect(await draft(planFixture({ id: 'wrong', charges: [{ ...tokensCharge, meters: ['tokns'] }] }))).toMatchObject({
      status: 400,
      body: { code: 'plan.invalid', errors: [{ in: 'body', field: 'content.charges[0].meters[0]' }] },
    })
    expect(await draft(planFixture({ id: 'wrong', currency: 'EUR' }))).toMatchObject({
      body: { errors: [{ field: 'content.currency' }] },
    })
    const floats = { ...planFixture({ id: 'wrong' }), commitment: { amount: 5 } } as unknown as PlanContent
    expect(await draft(floats)).toMatchObject({
      body: { code: 'request.invalid', errors: [{ field: 'content.commitment.amount' }] },
    })
    expect(await call('GET', '/wrong')).toMatchObject({ status: 404, body: { code: 'plan.not_found' } })
    expect(await publish('wrong', 1)).toMatchObject({ status: 404, body: { code: 'plan.version_not_found' } })
  })

  it('R-4 publishes nothing into the past, nothing twice, and no two versions at one time', async () => {
    const content = planFixture({ id: 'times' })
    for (let version = 1; version <= 3; version += 1) await draft(content)
    expect(await publish('times', 1, { effective_from: '2020-01-01T00:00:00Z' })).toMatchObject({
      status: 409,
      body: { code: 'plan.effective_in_past', errors: [{ field: 'effective_from' }] },
    })
    expect(await publish('times', 1, { effective_from: future, effective_to: future })).toMatchObject({
      status: 409,
      body: { code: 'plan.never_in_force', errors: [{ field: 'effective_to' }] },
    })
    const answers = await Promise.all([1, 2].map((version) => publish('times', version, { effective_from: future })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
    expect(answers.find(({ status }) => status === 409)).toMatchObject({
      body: { code: 'plan.effective_time_taken', errors: [{ field: 'effective_from' }] },
    })
    const twice = await Promise.all(Array.from({ length: 4 }, () => publish('times', 3)))
    expect(twice.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409])
    expect(twice.find(({ status }) => status === 409)).toMatchObject({ body: { code: 'plan.already_published' } })
  })

  it('B-1 the same Idempotency-Key makes one draft, and is refused with another body', async () => {
    const content = planFixture({ id: 'repeated' })
    const key = { 'idempotency-key': 'a-key' }
    const send = (note: string) => call('POST', '/repeated/versions', { note, content }, key)
    const answers = await Promise.all(Array.from({ length: 4 }, () => send('')))
    expect(answers.map(({ status, body }) => [status, body.version])).toEqual(answers.map(() => [201, 1]))
    expect((await call('GET', '/repeated/versions')).body.data).toHaveLength(1)
    expect(await send('another')).toMatchObject({ status: 422, body: { code: 'idempotency.conflict' } })
    expect(await call('POST', '/repeated/versions', { content }, { 'idempotency-key': 'a key' })).toMatchObject({
      status: 400,
      body: { errors: [{ in: 'header', field: 'idempotency-key' }] },
    })
    // The draft of another plan under the same key is another call.
    const other = { note: '', content: planFixture({ id: 'repeated_2' }) }
    expect((await call('POST', '/repeated_2/versions', other, key)).status).toBe(201)
  })

  it('R-4 changes a draft, and nothing that is published', async () => {
    const content = planFixture({ id: 'changing' })
    await draft(content)
    const better = { note: 'better', content: { ...content, name: 'Better' } }
    expect(await call('PUT', '/changing/versions/1', better)).toMatchObject({
      status: 200,
      body: { name: 'Better', note: 'better', revision: 2, version: 1 },
    })
    await publish('changing', 1)
    expect(await call('PUT', '/changing/versions/1', better)).toMatchObject({
      status: 409,
      body: { code: 'plan.already_published' },
    })
    expect(await call('POST', '/changing/versions/1/review', { verdict: 'reject' })).toMatchObject({
      body: { code: 'plan.already_published' },
    })
  })

  it.each([
    [`update rating.plan_versions set note = 'other' where plan = 'changing'`],
    [
      `update rating.plan_versions set content = '{}', content_sha256 = encode(sha256('{}'), 'hex') where plan = 'changing'`,
    ],
    [`update rating.plan_versions set effective_from = '2020-01-01' where plan = 'changing'`],
    [
      `update rating.plan_versions set status = 'draft', published_at = null, effective_from = null where plan = 'changing'`,
    ],
    [`delete from rating.plan_versions where plan = 'changing'`],
    [`truncate rating.plan_versions`],
  ])(
    'R-4 B-1 lets nobody change or remove a published version, the owner of the table included: %s',
    async (statement) => {
      const owner = await connectAsOwner(server.url)
      try {
        await expect(owner.query(statement)).rejects.toThrow(/immutable|never removed/)
        await expect(database.query(statement)).rejects.toThrow(/immutable|permission denied/)
        const asTenant = database.asTenant(offered['x-workspace-id'], (tx) =>
          tx.query('select from rating.plan_versions'),
        )
        await expect(asTenant).rejects.toThrow('permission denied')
      } finally {
        await owner.end()
      }
    },
  )
})
