import { busMigrations, EmbeddedBus } from '@portitor/bus'
import { type BookContent, catalogEndpoints } from '@portitor/contracts'
import { Database, migrate } from '@portitor/postgres'
import { bootService, createLog, type Service } from '@portitor/service'
import { describeWith, freshDatabase } from '@portitor/testing'
import { catalogFixture } from '../catalog/catalog.fixture.ts'
import { CatalogModule } from '../catalog/catalog.module.ts'
import { ratingMigrations } from '../index.ts'

const operatorKey = 'an operator key of at least 32 characters'
const content: BookContent = {
  currency: 'USD',
  effective_from: '2099-01-01T00:00:00.000Z',
  effective_to: null,
  source: 'a test',
  source_date: '2026-01-01T00:00:00.000Z',
  charges: [{ id: 'calls', meters: ['requests'], price: { model: 'per_unit', rate: '0.01', per: '1' } }],
}

describeWith(['postgres'], 'the versions of a book over HTTP', () => {
  let server: Awaited<ReturnType<typeof freshDatabase>>
  let database: Database
  let service: Service
  beforeAll(async () => {
    server = await freshDatabase()
    await migrate(server.url, 'bus', busMigrations)
    await migrate(server.url, 'rating', ratingMigrations)
    database = new Database({ url: server.url, connectionsMax: 4, applicationName: 'book-versions.int.spec' })
    const bus = new EmbeddedBus(database, { partitions: 2 })
    service = await bootService({
      name: 'rating',
      module: CatalogModule.with({ database, bus, ...catalogFixture }),
      endpoints: catalogEndpoints,
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

  async function call(method: 'GET' | 'POST' | 'PUT', path: string, body?: object) {
    const answer = await service.app.inject({
      method,
      url: `/api/v1/pricing/books${path}`,
      headers: {
        authorization: `Bearer ${operatorKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    })
    return { status: answer.statusCode, body: answer.json() }
  }
  const draft = async (): Promise<string> => {
    const { body } = await call('POST', '/cost/versions', { content })
    return `/cost/versions/${body.version}`
  }

  it('R-4 of versions for one time, published at once, one takes it and the other is refused at its field', async () => {
    const at = { effective_from: '2098-01-01T00:00:00.000Z' }
    const drafts = [await draft(), await draft()]
    const published = await Promise.all(drafts.map((url) => call('POST', `${url}/publish`, at)))
    expect(published.toSorted((left, right) => left.status - right.status)).toMatchObject([
      { status: 200, body: { effective_from: at.effective_from, publisher: { kind: 'operator', id: 'operator' } } },
      { status: 409, body: { code: 'book.effective_time_taken', errors: [{ in: 'body', field: 'effective_from' }] } },
    ])
  })

  it('R-4 changes a draft of a book, and its reviews are of what they read', async () => {
    const url = await draft()
    const rejected = await call('POST', `${url}/review`, { verdict: 'reject', note: 'too dear' })
    expect(rejected).toMatchObject({ status: 200, body: { reviews: [{ verdict: 'reject', stands: true }] } })
    expect(await call('POST', `${url}/publish`)).toMatchObject({ status: 409, body: { code: 'book.rejected' } })
    expect(await call('POST', `${url}/review`, { verdict: 'approve' })).toMatchObject({
      status: 409,
      body: { code: 'book.own_review' },
    })
    const changed = { note: 'cheaper', content: { ...content, effective_from: '2097-01-01T00:00:00.000Z' } }
    expect(await call('PUT', url, changed)).toMatchObject({
      status: 200,
      body: { note: 'cheaper', revision: 2, reviews: [{ stands: false }] },
    })
    expect(await call('POST', `${url}/publish`)).toMatchObject({
      status: 200,
      body: { effective_from: '2097-01-01T00:00:00.000Z', reviews: [{ stands: false }] },
    })
    expect(await call('PUT', url, changed)).toMatchObject({ status: 409, body: { code: 'book.already_published' } })
  })
})
