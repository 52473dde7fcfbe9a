import { busMigrations, EmbeddedBus } from '@portitor/bus'
import type { BookSide } from '@portitor/contracts'
import { Database, migrate } from '@portitor/postgres'
import { describeWith, freshDatabase } from '@portitor/testing'
import { BooksStore } from '../catalog/books.store.ts'
import { lockCatalog } from '../catalog/catalog-head.store.ts'
import { ImportProviderPricesJob, markupSchema } from './import-provider-prices.job.ts'
import { MetersStore } from '../catalog/meters.store.ts'
import { ratingMigrations } from '../index.ts'
import { priceBook } from './price-book.ts'
import { startMeters } from '../catalog/start-meters.ts'

const author = { kind: 'system', id: 'a test' } as const
const now = new Date('2026-11-21T09:00:00.000Z')

describeWith(['postgres'], 'the start of an empty catalogue', () => {
  let server: Awaited<ReturnType<typeof freshDatabase>>
  const databases: Database[] = []

  beforeAll(async () => {
    server = await freshDatabase()
    await migrate(server.url, 'bus', busMigrations)
    await migrate(server.url, 'rating', ratingMigrations)
  })
  afterAll(async () => {
    for (const database of databases) await database.close()
    await server.drop()
  })

  /** One of several replicas: a pool and stores of its own. */
  function replica(markup = '1.30') {
    const database = new Database({ url: server.url, connectionsMax: 2, applicationName: 'import.int.spec' })
    databases.push(database)
    const bus = new EmbeddedBus(database, { partitions: 2 })
    const books = new BooksStore(bus)
    const meters = new MetersStore(bus)
    return { database, books, meters, job: new ImportProviderPricesJob(database, bus, books, meters, markup) }
  }
  const recordsOf = async (database: Database) =>
    (await database.query<{ key: string }>('select key from bus.records order by key')).rows.map(({ key }) => key)

  it('R-5 publishes version 1 of both books once, however many replicas start at once', async () => {
    const replicas = Array.from({ length: 4 }, () => replica())
    await Promise.all(replicas.map(({ job }) => job.seed(now)))
    const { database, books } = replicas[0]!
    for (const book of ['price', 'cost'] as BookSide[])
      expect(await books.list(database, book, { before: 100, limit: 10 })).toMatchObject([
        {
          version: 1,
          status: 'published',
          effective_from: '2000-01-01T00:00:00.000Z',
          source: expect.stringContaining('@pydantic/genai-prices'),
          source_date: now.toISOString(),
          published_at: now.toISOString(),
        },
      ])
    expect((await books.find(database, 'price', 1))!.content).toEqual(
      priceBook((await books.find(database, 'cost', 1))!.content, '1.30'),
    )
  })

  it('M-3 seeds the start meters and announces each one, and each book, once', async () => {
    const { database, meters } = replica()
    const byName = (left: { name: string }, right: { name: string }) => (left.name < right.name ? -1 : 1)
    expect(await meters.all(database)).toEqual([...startMeters].sort(byName))
    expect(await recordsOf(database)).toEqual(
      ['book:cost', 'book:price', ...startMeters.map(({ name }) => `meter:${name}`)].sort(),
    )
  })

  it('R-5 changes nothing when a later start finds the books, whatever its markup', async () => {
    const { database, books, job } = replica('2')
    const before = await books.find(database, 'price', 1)
    await job.seed(new Date())
    expect(await books.list(database, 'price', { before: 100, limit: 10 })).toHaveLength(1)
    expect(await books.find(database, 'price', 1)).toEqual(before)
    expect(await recordsOf(database)).toHaveLength(startMeters.length + 2)
  })

  it('R-5 imports again as drafts, only the books that would differ from their newest import', async () => {
    const same = replica()
    expect((await same.job.importDrafts(now, { author })).drafts).toEqual([])
    const dearer = replica('1.50')
    const later = new Date('2026-11-22T00:00:00.000Z')
    const { drafts, source } = await dearer.job.importDrafts(later, { author })
    expect(source).toMatch(/^@pydantic\/genai-prices \d/)
    expect(drafts).toMatchObject([
      {
        book: 'price',
        version: 2,
        status: 'draft',
        effective_from: later.toISOString(),
        source: `${source}, cost × 1.50`,
      },
    ])
    expect((await dearer.job.importDrafts(later, { author })).drafts).toEqual([])
  })

  it('R-5 compares with the newest import, so an edit by hand in between is no reason for another draft', async () => {
    const { database, books, job } = replica('1.50')
    await database.transaction(async (tx) => {
      await lockCatalog(tx)
      const { content } = (await books.find(tx, 'price', 1))!
      await books.insertDraft(tx, 'price', { note: 'by hand', content: { ...content, charges: [] }, author })
    })
    expect((await job.importDrafts(now, { author })).drafts).toEqual([])
  })
})

describe('PORTITOR_MARKUP', () => {
  it('R-5 is decimal text above 0', () => {
    for (const good of ['1.30', '1', '0.5', '12.345678']) expect(markupSchema.parse(good)).toBe(good)
    for (const bad of ['0', '0.00', '-1', '1e3', '1,3', '', '1.1234567'])
      expect(markupSchema.safeParse(bad).success).toBe(false)
  })
})
