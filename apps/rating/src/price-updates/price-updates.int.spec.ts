import { createHmac, randomUUID } from 'node:crypto'
import { busMigrations, EmbeddedBus } from '@portitor/bus'
import { auditRecordedTopic, catalogEndpoints, type ChangedRate, priceUpdateAnswerSchema } from '@portitor/contracts'
import { Database, migrate } from '@portitor/postgres'
import { bootService, createLog, type Service } from '@portitor/service'
import { describeWith, freshDatabase } from '@portitor/testing'
import { BooksStore } from '../catalog/books.store.ts'
import { catalogFixture } from '../catalog/catalog.fixture.ts'
import { CatalogModule } from '../catalog/catalog.module.ts'
import { ImportProviderPricesJob } from '../imports/import-provider-prices.job.ts'
import { ratingMigrations } from '../index.ts'
import { MetersStore } from '../catalog/meters.store.ts'
import { ImportScheduleJob } from './import-schedule.job.ts'

const operatorKey = 'an operator key of at least 32 characters'
const secretBytes = Buffer.alloc(32, 7)
const rate = (text: string, changes: Partial<ChangedRate> = {}) => ({
  provider: 'openai',
  model: 'gpt-4o',
  kind: 'input_tokens',
  rate: text,
  ...changes,
})

describeWith(['postgres'], 'price updates from outside', () => {
  let server: Awaited<ReturnType<typeof freshDatabase>>
  let database: Database
  let bus: EmbeddedBus
  let open: Service
  let signed: Service
  beforeAll(async () => {
    server = await freshDatabase()
    await migrate(server.url, 'bus', busMigrations)
    await migrate(server.url, 'rating', ratingMigrations)
    database = new Database({ url: server.url, connectionsMax: 6, applicationName: 'price-updates.int.spec' })
    bus = new EmbeddedBus(database, { partitions: 2 })
    open = await boot(undefined)
    signed = await boot(`whsec_${secretBytes.toString('base64')}`)
  })
  afterAll(async () => {
    await open.close()
    await signed.close()
    await database.close()
    await server.drop()
  })
  const boot = (webhookSecret: string | undefined) =>
    bootService({
      name: 'rating',
      module: CatalogModule.with({ database, bus, ...catalogFixture, webhookSecret }),
      endpoints: catalogEndpoints,
      bus,
      port: 0,
      host: '127.0.0.1',
      operatorKey,
      log: createLog({ name: 'rating', level: 'silent' }),
    })

  async function send(body: unknown, headers: Record<string, string> = {}, service = open) {
    const answer = await service.app.inject({
      method: 'POST',
      url: '/api/v1/pricing/books/price/updates',
      headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json', ...headers },
      payload: JSON.stringify(body),
    })
    return { status: answer.statusCode, body: answer.json() }
  }
  const versions = async () => {
    const { rows } = await database.query<{ book: string; version: number; status: string }>(
      'select book, version, status from rating.book_versions order by book, version',
    )
    return rows
  }

  it('R-5 takes changed rates as a draft with its diff, told to the audit log, and publishes nothing', async () => {
    const { status, body } = await send({ rates: [rate('4.5')], source: 'a price feed' })
    expect(status).toBe(201)
    const { draft, diff } = priceUpdateAnswerSchema.parse(body)
    expect(draft).toMatchObject({ version: 2, status: 'draft', source: 'a price feed', author: { kind: 'operator' } })
    expect(diff).toMatchObject({ from: 1, to: 2, added: 0, removed: 0 })
    expect(diff.data.filter(({ charge }) => charge !== undefined)).toEqual([
      {
        change: 'changed',
        what: 'tokens: openai / gpt-4o: input_tokens',
        charge: 'tokens',
        provider: 'openai',
        model: 'gpt-4o',
        kind: 'input_tokens',
        input_over: 0,
        before: '3.25',
        after: '4.5',
      },
    ])
    expect((await versions()).filter(({ book }) => book === 'price')).toMatchObject([
      { status: 'published' },
      { status: 'draft' },
    ])
    const { rows } = await database.query<{ value: Buffer }>('select value from bus.records where topic = $1', [
      auditRecordedTopic.name,
    ])
    expect(rows.map(({ value }) => JSON.parse(value.toString()))).toMatchObject([
      { action: 'book.update_received', target: 'book:price/2' },
    ])
  })

  it('R-5 takes a whole book, and makes no draft of what is published already', async () => {
    const published = (await new BooksStore(bus).find(database, 'price', 1))!.content
    const before = await versions()
    expect(await send({ content: { ...published, source: 'the same again' } })).toMatchObject({
      status: 200,
      body: { draft: null, diff: { added: 0, removed: 0, changed: 0, data: [] } },
    })
    expect(await send({ rates: [rate('3.25')] })).toMatchObject({ status: 200, body: { draft: null } })
    expect(await versions()).toEqual(before)
    const without = published.charges.filter(({ id }) => id !== 'calls')
    expect(await send({ content: { ...published, charges: without }, note: 'no calls' })).toMatchObject({
      status: 201,
      body: { draft: { note: 'no calls' } },
    })
  })

  it('R-5 the same webhook-id has no second effect, however often and at once it comes', async () => {
    const id = randomUUID()
    const before = await versions()
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => send({ rates: [rate('7')] }, { 'webhook-id': id })),
    )
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.draft.version}`)).size).toBe(1)
    expect(await versions()).toHaveLength(before.length + 1)
    expect(await send({ rates: [rate('8')] }, { 'webhook-id': id })).toMatchObject({
      status: 422,
      body: { code: 'idempotency.conflict' },
    })
  })

  it('R-4 names what is wrong with an update, and stores nothing', async () => {
    const before = await versions()
    for (const [body, code, field] of [
      [{ rates: [rate('1', { model: 'no such model' })] }, 'request.invalid', 'rates[0].model'],
      [{ rates: [rate('-1')] }, 'request.invalid', 'rates[0].rate'],
      [{ rates: [rate('1', { kind: 'imput_tokens' })] }, 'book.invalid', 'content.charges['],
      [{}, 'request.invalid', 'rates'],
    ] as const) {
      const answer = await send(body)
      expect([answer.status, answer.body.code]).toEqual([400, code])
      expect(answer.body.errors[0].field).toContain(field)
    }
    expect(await versions()).toEqual(before)
  })

  it('R-5 with a secret takes what is signed beside the credential, and nothing else', async () => {
    const body = { rates: [rate('5.5')] }
    const sign = (id: string, seconds: number, key = secretBytes) => ({
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': `v1,${createHmac('sha256', key)
        .update(`${id}.${seconds}.${JSON.stringify(body)}`)
        .digest('base64')}`,
    })
    const now = Math.floor(Date.now() / 1000)
    const before = await versions()
    for (const [headers, code] of [
      [{}, 'webhook.signature_missing'],
      [sign('a', now, Buffer.alloc(32, 8)), 'webhook.signature_invalid'],
      [sign('a', now - 3600), 'webhook.too_old'],
    ] as const)
      expect(await send(body, headers, signed)).toMatchObject({ status: 403, body: { code } })
    const nobody = await send(body, { ...sign('a', now), authorization: 'nobody' }, signed)
    expect(nobody.status).toBe(401)
    expect(await versions()).toEqual(before)
    expect((await send(body, sign('a', now), signed)).status).toBe(201)
    expect((await send(body, sign('a', now + 1), signed)).status).toBe(201)
    expect(await versions()).toHaveLength(before.length + 1)
  })

  it('R-5 imports on schedule: one of several replicas, only when it is due, as drafts of the system', async () => {
    const job = (markup: string) => {
      const importer = new ImportProviderPricesJob(database, bus, new BooksStore(bus), new MetersStore(bus), markup)
      return new ImportScheduleJob(database, bus, importer, createLog({ name: 'rating', level: 'silent' }), 24)
    }
    const at = (hours: number) => new Date(Date.UTC(2026, 10, 26) + hours * 3_600_000)
    await job('1.30').run(at(0))
    const before = await versions()
    await job('2').run(at(23))
    expect(await versions()).toEqual(before)
    await Promise.all(Array.from({ length: 3 }, () => job('2').run(at(24))))
    const made = (await versions()).slice(before.length)
    expect(made).toEqual([{ book: 'price', version: before.length, status: 'draft' }])
    const draft = await new BooksStore(bus).find(database, 'price', made[0]!.version)
    expect(draft).toMatchObject({
      author: { kind: 'system', id: 'price_import' },
      source: expect.stringContaining('× 2'),
    })
  })
})
