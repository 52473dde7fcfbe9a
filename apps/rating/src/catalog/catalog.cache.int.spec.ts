import { busMigrations, EmbeddedBus } from '@portitor/bus'
import type { BookContent, BookSide } from '@portitor/contracts'
import { Database, migrate, type Queryable } from '@portitor/postgres'
import { inForce } from '@portitor/pricing'
import { describeWith, freshDatabase } from '@portitor/testing'
import { BooksStore } from './books.store.ts'
import { lockCatalog } from './catalog-head.store.ts'
import { CatalogCache } from './catalog.cache.ts'
import { MetersStore } from './meters.store.ts'
import { ratingMigrations } from '../index.ts'
import { PlansStore } from '../plans/plans.store.ts'
import { startMeters } from './start-meters.ts'

const publication = (from: Date) => ({
  effectiveFrom: from.toISOString(),
  effectiveTo: null,
  publisher: null,
  now: from,
})
const day = (number: number) => new Date(Date.UTC(2026, 0, number))

describeWith(['postgres'], 'the catalogue as a rater sees it', () => {
  let server: Awaited<ReturnType<typeof freshDatabase>>
  let database: Database
  let books: BooksStore
  let meters: MetersStore
  let plans: PlansStore
  let catalog: CatalogCache

  beforeEach(async () => {
    server = await freshDatabase()
    await migrate(server.url, 'bus', busMigrations)
    await migrate(server.url, 'rating', ratingMigrations)
    database = new Database({ url: server.url, connectionsMax: 4, applicationName: 'catalog.cache.int.spec' })
    const bus = new EmbeddedBus(database, { partitions: 2 })
    books = new BooksStore(bus)
    meters = new MetersStore(bus)
    plans = new PlansStore(bus)
    catalog = new CatalogCache(books, meters, plans)
  })
  afterEach(async () => {
    await database.close()
    await server.drop()
  })

  const publish = (book: BookSide, from: Date) =>
    database.transaction(async (tx) => {
      await lockCatalog(tx)
      const content: BookContent = {
        currency: 'USD',
        effective_from: from.toISOString(),
        effective_to: null,
        source: 'a test',
        source_date: from.toISOString(),
        charges: [],
      }
      const { version } = await books.insertDraft(tx, book, { note: '', content, author: null })
      return books.publish(tx, (await books.find(tx, book, version))!, publication(from))
    })
  /** A transaction that tells what was asked in it. */
  const asked = async <Result>(work: (tx: Queryable) => Promise<Result>) => {
    const statements: string[] = []
    const result = await database.transaction((tx) =>
      work({
        query: (statement: unknown, values?: unknown) => {
          statements.push(typeof statement === 'string' ? statement : (statement as { text: string }).text)
          return (tx.query as (...args: unknown[]) => unknown)(statement, values)
        },
      } as Queryable),
    )
    return { result, statements }
  }

  it('R-4 is empty before anything is published, and drafts are not seen', async () => {
    await database.transaction(async (tx) => {
      await lockCatalog(tx)
      const source_date = day(1).toISOString()
      const content = { currency: 'USD', effective_from: source_date, effective_to: null, source: '', source_date }
      await books.insertDraft(tx, 'price', { note: '', content: { ...content, charges: [] }, author: null })
    })
    const { books: seen, revision } = await catalog.inForce(database)
    expect(seen).toEqual({ price: [], cost: [] })
    expect(revision).toBe(0n)
  })

  it('R-4 sees a publication in the next transaction, with no message, and else reads one row', async () => {
    await publish('price', day(1))
    await publish('cost', day(1))
    expect((await catalog.inForce(database)).books.price.map(({ version }) => version)).toEqual([1])
    const again = await asked((tx) => catalog.inForce(tx))
    expect(again.statements).toEqual(['select revision from rating.catalog_head'])
    await publish('price', day(10))
    const { books: seen } = await catalog.inForce(database)
    expect(inForce(seen.price, day(9).getTime())?.version).toBe(1)
    expect(inForce(seen.price, day(10).getTime())?.version).toBe(2)
    expect(inForce(seen.cost, day(10).getTime())?.version).toBe(1)
  })

  it('R-4 compiles a version once and reads only what is new', async () => {
    await publish('price', day(1))
    const first = (await catalog.inForce(database)).books.price[0]
    await publish('price', day(10))
    const { result, statements } = await asked((tx) => catalog.inForce(tx))
    expect(result.books.price[0]).toBe(first)
    expect(statements.filter((statement) => statement.includes(', content from rating.book_versions'))).toHaveLength(1)
  })

  it('R-4 sees its own transaction: what is published in it is in force in it, and gone when it rolls back', async () => {
    await publish('price', day(1))
    await database
      .transaction(async (tx) => {
        await lockCatalog(tx)
        const first = (await books.find(tx, 'price', 1))!
        await books.insertDraft(tx, 'price', { note: '', content: first.content, author: null })
        await books.publish(tx, (await books.find(tx, 'price', 2))!, publication(day(2)))
        expect((await new CatalogCache(books, meters, plans).inForce(tx)).books.price.at(-1)?.version).toBe(2)
        throw new Error('rolled back')
      })
      .catch(() => undefined)
    expect((await catalog.inForce(database)).books.price.map(({ version }) => version)).toEqual([1])
  })

  it('M-3 sees a new meter by the same revision', async () => {
    expect((await catalog.inForce(database)).meters.byName.size).toBe(0)
    await database.transaction(async (tx) => {
      await lockCatalog(tx)
      await meters.insert(tx, startMeters)
    })
    expect((await catalog.inForce(database)).meters.byName.get('input_tokens')).toEqual(startMeters[0])
  })

  it('R-4 leaves out what no event can reach any more, and what lies outside of the span that is asked about', async () => {
    await publish('price', day(5))
    await publish('price', day(1))
    await publish('price', day(10))
    expect((await catalog.inForce(database)).books.price.map(({ version }) => version)).toEqual([2, 3])
    const span = { from: day(2), to: day(3) }
    expect((await catalog.inForce(database, span)).books.price.map(({ version }) => version)).toEqual([2])
  })

  it('R-4 keeps a bounded number of versions, the newest, unless a span asks for older ones', async () => {
    for (let number = 1; number <= 40; number += 1) await publish('price', day(number))
    const all = (await catalog.inForce(database)).books.price.map(({ version }) => version)
    expect(all).toEqual(Array.from({ length: 32 }, (_, index) => index + 9))
    const early = await catalog.inForce(database, { from: day(2), to: day(3) })
    expect(early.books.price.map(({ version }) => version)).toEqual([2, 3])
  })
})
