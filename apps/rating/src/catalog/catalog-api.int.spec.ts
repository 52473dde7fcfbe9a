import { busMigrations, EmbeddedBus } from '@portitor/bus'
import {
  bookDiffSchema,
  bookVersionDetailSchema,
  bookVersionListSchema,
  bookVersionSummarySchema,
  catalogEndpoints,
  importBooksAnswerSchema,
  meterListSchema,
  planEndpoints,
  type BookContent,
  type Charge,
  type Meter,
} from '@portitor/contracts'
import { Database, migrate } from '@portitor/postgres'
import { bootService, createLog, type Service } from '@portitor/service'
import { describeWith, freshDatabase } from '@portitor/testing'
import { catalogFixture } from './catalog.fixture.ts'
import { CatalogCache } from './catalog.cache.ts'
import { CatalogModule } from './catalog.module.ts'
import { ratingMigrations } from '../index.ts'

const operatorKey = 'an operator key of at least 32 characters'
const books = '/api/v1/pricing/books'
const future = '2099-01-01T00:00:00.000Z'

describeWith(['postgres'], 'the API of the catalogue', () => {
  let server: Awaited<ReturnType<typeof freshDatabase>>
  let database: Database
  let service: Service

  beforeAll(async () => {
    server = await freshDatabase()
    await migrate(server.url, 'bus', busMigrations)
    await migrate(server.url, 'rating', ratingMigrations)
    database = new Database({ url: server.url, connectionsMax: 4, applicationName: 'catalog-api.int.spec' })
    const bus = new EmbeddedBus(database, { partitions: 2 })
    service = await bootService({
      name: 'rating',
      module: CatalogModule.with({ database, bus, ...catalogFixture }),
      endpoints: [...catalogEndpoints, ...planEndpoints],
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

  async function call(method: 'GET' | 'POST', url: string, body?: unknown) {
    const headers = {
      authorization: `Bearer ${operatorKey}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const answer = await service.app.inject({
      method,
      url,
      headers,
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    })
    return { status: answer.statusCode, body: answer.json() }
  }
  const draft = async (changes: Partial<BookContent> = {}, book = 'price') => {
    const { content } = bookVersionDetailSchema.parse((await call('GET', `${books}/${book}/versions/1`)).body)
    return call('POST', `${books}/${book}/versions`, {
      note: 'a change',
      content: { ...content, effective_from: future, ...changes },
    })
  }
  const startCharges = async (): Promise<Charge[]> =>
    (await call('GET', `${books}/price/versions/1`)).body.content.charges

  it('R-4 serves exactly the operations that are declared', () => {
    const served = service.routes
      .filter(({ path }) => /pricing|meters/.test(path))
      .map(({ method, path }) => `${method} ${path}`)
    const declared = [...catalogEndpoints, ...planEndpoints]
    expect(served.sort()).toEqual(declared.map(({ method, path }) => `${method} ${path}`).sort())
  })

  it('I-3 is for operators only', async () => {
    for (const { method, path } of catalogEndpoints) {
      const url = path.replace('{book}', 'price').replace('{version}', '1')
      expect((await service.app.inject({ method, url })).statusCode).toBe(401)
    }
  })

  it('R-5 has the start books in force when it is up', async () => {
    const listed = await call('GET', `${books}/cost/versions`)
    expect(listed.status).toBe(200)
    expect(bookVersionListSchema.parse(listed.body)).toMatchObject({
      data: [{ version: 1, status: 'published' }],
      next_cursor: null,
    })
    expect(listed.body.data[0]).not.toHaveProperty('content')
    const { content } = bookVersionDetailSchema.parse((await call('GET', `${books}/price/versions/1`)).body)
    const price = content.charges[0]!.price
    const rows = price.model === 'matrix' ? price.rows : []
    expect(rows.find(({ provider, model }) => provider === 'openai' && model === 'gpt-4o')!.bands[0]!.rates).toEqual({
      input_tokens: '3.25',
      cached_input_tokens: '1.625',
      output_tokens: '13',
    })
  })

  it('R-4 takes a draft to publication: stored, compared, published, immutable, in force', async () => {
    const charges = await startCharges()
    const calls: Charge = { id: 'calls', meters: ['requests'], price: { model: 'per_unit', rate: '0.002', per: '1' } }
    const made = await draft({ charges: charges.map((charge) => (charge.id === 'calls' ? calls : charge)) })
    expect(made.status).toBe(201)
    const { version } = bookVersionSummarySchema.parse(made.body)

    const { body } = await call('GET', `${books}/price/versions/${version}/diff?from=1`)
    expect(bookDiffSchema.parse(body)).toEqual({
      book: 'price',
      from: 1,
      to: version,
      added: 0,
      removed: 0,
      changed: 2,
      data: [
        { change: 'changed', what: 'effective_from', before: '2000-01-01T00:00:00.000Z', after: future },
        { change: 'changed', what: 'calls: rate', charge: 'calls', before: '0 per 1', after: '0.002 per 1' },
      ],
      next_cursor: null,
    })

    const published = await call('POST', `${books}/price/versions/${version}/publish`)
    expect(published).toMatchObject({ status: 200, body: { version, status: 'published', effective_from: future } })
    expect(await call('POST', `${books}/price/versions/${version}/publish`)).toMatchObject({
      status: 409,
      body: { code: 'book.already_published' },
    })
    const { books: inForce } = await service.app.get(CatalogCache).inForce(database)
    expect(inForce.price.map((book) => book.version)).toEqual([1, version])
  })

  it('R-4 publishes nothing into the past, unless it is told to', async () => {
    const { version } = (await draft({ effective_from: '2020-01-01T00:00:00.000Z' })).body
    const url = `${books}/price/versions/${version}/publish`
    expect(await call('POST', url)).toMatchObject({ status: 409, body: { code: 'book.effective_in_past' } })
    expect(await call('POST', url, { effective_from: 'now' })).toMatchObject({
      status: 200,
      body: { status: 'published' },
    })
    const second = (await draft({ effective_from: '2020-01-01T00:00:00.000Z' })).body.version
    expect(await call('POST', `${books}/price/versions/${second}/publish`, { backdate: true })).toMatchObject({
      status: 200,
      body: { effective_from: '2020-01-01T00:00:00.000Z' },
    })
    expect(await call('POST', url, { backdated: true })).toMatchObject({
      status: 400,
      body: { code: 'request.invalid' },
    })
  })

  it('R-4 rolls back by a new version with the charges of the older one', async () => {
    await draft({ charges: [] })
    const rolledBack = await call('POST', `${books}/price/versions/1/rollback`, { note: 'too dear' })
    expect(rolledBack).toMatchObject({ status: 201, body: { status: 'draft', note: 'too dear', effective_to: null } })
    const { version } = rolledBack.body
    const { content } = (await call('GET', `${books}/price/versions/${version}`)).body
    expect(content.charges).toEqual(await startCharges())
    const diff = (await call('GET', `${books}/price/versions/${version}/diff?from=1`)).body
    expect(diff.data.map(({ what }: { what: string }) => what)).toEqual(['effective_from'])
    expect(await call('POST', `${books}/price/versions/${version}/publish`, { effective_from: 'now' })).toMatchObject({
      status: 200,
    })
  })

  it('R-4 names the field of a draft that cannot be right', async () => {
    const calls: Charge = { id: 'calls', meters: ['reqests'], price: { model: 'per_unit', rate: '1', per: '1' } }
    expect(await draft({ charges: [calls] })).toMatchObject({
      status: 400,
      body: { code: 'book.invalid', errors: [{ in: 'body', field: 'content.charges[0].meters[0]' }] },
    })
    expect(
      await draft({ charges: [{ ...calls, price: { ...calls.price, rate: 0.1 } } as unknown as Charge] }),
    ).toMatchObject({
      status: 400,
      body: { code: 'request.invalid', errors: [{ field: 'content.charges[0].price.rate' }] },
    })
    expect(await draft({ currency: 'EUR' })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'content.currency' }] },
    })
  })

  it('R-4 answers 404 for a version that does not exist and 400 for a book that does not', async () => {
    for (const rest of ['', '/diff?from=1', '/publish', '/rollback'])
      expect(
        await call(rest === '/publish' || rest === '/rollback' ? 'POST' : 'GET', `${books}/price/versions/999${rest}`),
      ).toMatchObject({
        status: 404,
        body: { code: 'book.version_not_found' },
      })
    expect(await call('GET', `${books}/discount/versions`)).toMatchObject({
      status: 400,
      body: { code: 'request.invalid' },
    })
    expect(await call('GET', `${books}/price/versions/1/diff`)).toMatchObject({
      status: 400,
      body: { code: 'book.nothing_before' },
    })
  })

  it('R-4 lists and compares page by page', async () => {
    const all = (await call('GET', `${books}/price/versions?limit=500`)).body.data
    const pages: unknown[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const { body } = await call('GET', `${books}/price/versions?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
      pages.push(...body.data)
      cursor = body.next_cursor
    }
    expect(pages).toEqual(all)
    expect(all.map(({ version }: { version: number }) => version)).toEqual(
      all.map((_: unknown, index: number) => all.length - index),
    )

    const { version } = (await draft({ charges: [] })).body
    const first = (await call('GET', `${books}/price/versions/${version}/diff?from=1&limit=3`)).body
    const second = (
      await call('GET', `${books}/price/versions/${version}/diff?from=1&limit=3&cursor=${first.next_cursor}`)
    ).body
    expect(first.removed).toBeGreaterThan(5_000)
    expect(new Set([...first.data, ...second.data].map(({ what, kind }) => `${what} ${kind}`)).size).toBe(6)
    expect(await call('GET', `${books}/price/versions?cursor=x`)).toMatchObject({ status: 400 })
  })

  it('R-5 imports again on demand: nothing while the package says the same', async () => {
    const answer = await call('POST', `${books}/import`)
    expect(answer.status).toBe(200)
    expect(importBooksAnswerSchema.parse(answer.body).drafts).toEqual([])
  })

  it('M-3 creates a meter once, and refuses another definition under its name', async () => {
    const pages: Meter = {
      name: 'pages',
      unit: 'page',
      event_type: 'document.read',
      aggregation: 'sum',
      value: 'pages',
      dimensions: [],
    }
    expect(await call('POST', '/api/v1/meters', pages)).toEqual({ status: 201, body: pages })
    expect(await call('POST', '/api/v1/meters', pages)).toEqual({ status: 200, body: pages })
    expect(await call('POST', '/api/v1/meters', { ...pages, unit: 'sheet' })).toMatchObject({
      status: 409,
      body: { code: 'meter.exists' },
    })
    expect(await call('POST', '/api/v1/meters', { ...pages, name: 'most', aggregation: 'most' })).toMatchObject({
      status: 400,
      body: { errors: [{ in: 'body', field: 'aggregation' }] },
    })
    expect(await call('POST', '/api/v1/meters', { ...pages, name: 'Pages' })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'name' }] },
    })
    const { rows } = await database.query<{ value: Buffer }>(`select value from bus.records where key = 'meter:pages'`)
    expect(rows.map(({ value }) => JSON.parse(value.toString()))).toEqual([{ kind: 'meter', meter: pages }])
  })

  it.each(['max', 'unique', 'latest'])('M-3 creates a meter of %s, and refuses it as a part', async (aggregation) => {
    const meter = {
      name: `pages_${aggregation}`,
      unit: 'page',
      event_type: 'document.read',
      aggregation,
      value: 'page',
      dimensions: [],
    }
    expect(await call('POST', '/api/v1/meters', meter)).toEqual({ status: 201, body: meter })
    expect(
      await call('POST', '/api/v1/meters', { ...meter, name: `part_${aggregation}`, part_of: 'pages' }),
    ).toMatchObject({
      status: 400,
      body: { code: 'meter.invalid', errors: [{ in: 'body', field: 'part_of' }] },
    })
  })

  it('M-3 creates a meter once, however many ask at the same time', async () => {
    const meter: Meter = {
      name: 'sheets',
      unit: 'sheet',
      event_type: 'document.read',
      aggregation: 'count',
      dimensions: [],
    }
    const answers = await Promise.all(Array.from({ length: 6 }, () => call('POST', '/api/v1/meters', meter)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 201])
  })

  it('M-3 lists meters by name, page by page', async () => {
    const all = meterListSchema.parse((await call('GET', '/api/v1/meters?limit=500')).body).data
    const names = all.map(({ name }) => name)
    expect(names).toEqual([...names].sort())
    const first = meterListSchema.parse((await call('GET', '/api/v1/meters?limit=3')).body)
    const second = meterListSchema.parse((await call('GET', `/api/v1/meters?limit=3&cursor=${first.next_cursor}`)).body)
    expect([...first.data, ...second.data]).toEqual(all.slice(0, 6))
  })
})
