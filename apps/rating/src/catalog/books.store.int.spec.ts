import { createHash } from 'node:crypto'
import { busMigrations, EmbeddedBus } from '@portitor/bus'
import type { BookContent } from '@portitor/contracts'
import { Database, migrate } from '@portitor/postgres'
import { connectAsOwner, describeWith, freshDatabase } from '@portitor/testing'
import { BooksStore } from './books.store.ts'
import { currencyInUse, lockCatalog } from './catalog-head.store.ts'
import { ratingMigrations } from '../index.ts'

const content: BookContent = {
  currency: 'USD',
  effective_from: '2026-01-01T00:00:00.000Z',
  effective_to: null,
  source: 'a test',
  source_date: '2026-01-01T00:00:00.000Z',
  charges: [{ id: 'calls', meters: ['requests'], price: { model: 'per_unit', rate: '0.01', per: '1' } }],
}

describeWith(['postgres'], 'the versions of a book', () => {
  let server: Awaited<ReturnType<typeof freshDatabase>>
  let database: Database
  let owner: Awaited<ReturnType<typeof connectAsOwner>>
  let books: BooksStore

  beforeAll(async () => {
    server = await freshDatabase()
    await migrate(server.url, 'bus', busMigrations)
    await migrate(server.url, 'rating', ratingMigrations)
    database = new Database({ url: server.url, connectionsMax: 8, applicationName: 'books.store.int.spec' })
    books = new BooksStore(new EmbeddedBus(database, { partitions: 2 }))
    owner = await connectAsOwner(server.url)
  })
  afterAll(async () => {
    await owner.end()
    await database.close()
    await server.drop()
  })

  const draft = (note: string) =>
    database.transaction(async (tx) => {
      await lockCatalog(tx)
      return books.insertDraft(tx, 'price', { note, content, author: null })
    })
  const publish = (version: number) =>
    database.transaction(async (tx) => {
      await lockCatalog(tx)
      const found = await books.find(tx, 'price', version)
      return books.publish(tx, found!, {
        effectiveFrom: '2026-02-01T00:00:00.000Z',
        publisher: null,
        now: new Date('2026-01-15T00:00:00Z'),
      })
    })
  const revision = async () =>
    (await database.query<{ revision: bigint }>('select revision from rating.catalog_head')).rows[0]!.revision

  it('R-4 numbers versions without gaps, however many drafts come at once and some fail', async () => {
    const failing = database
      .transaction(async (tx) => {
        await lockCatalog(tx)
        await books.insertDraft(tx, 'price', { note: 'fails', content, author: null })
        throw new Error('rolled back')
      })
      .catch((error: Error) => error.message)
    const drafts = await Promise.all(Array.from({ length: 20 }, (_, index) => draft(`draft ${index}`)))
    expect(await failing).toBe('rolled back')
    const numbers = drafts.map(({ version }) => version).sort((left, right) => left - right)
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    expect(await books.list(database, 'price', { before: 4, limit: 2 })).toMatchObject([{ version: 3 }, { version: 2 }])
  })

  it('R-4 publishes a draft once, with the time it takes effect, its hash, a new revision and a message', async () => {
    const before = await revision()
    const published = await publish(1)
    expect(published).toMatchObject({ status: 'published', effective_from: '2026-02-01T00:00:00.000Z' })
    expect(await revision()).toBe(before + 1n)
    const { rows } = await owner.query<{ content: string }>(
      `select content from rating.book_versions where version = 1`,
    )
    expect(JSON.parse(rows[0]!.content)).toEqual({ ...content, effective_from: '2026-02-01T00:00:00.000Z' })
    expect(published.content_sha256).toBe(createHash('sha256').update(rows[0]!.content).digest('hex'))
    const messages = await owner.query<{ key: string; value: Buffer }>('select key, value from bus.records')
    expect(messages.rows.map(({ key, value }) => [key, JSON.parse(value.toString())])).toEqual([
      ['book:price', { kind: 'book', book: 'price', version: 1 }],
    ])
    await expect(publish(1)).rejects.toThrow('published and immutable')
  })

  it('R-4 tells when published versions are in force, drafts left out', async () => {
    expect(await books.published(database)).toEqual([
      { book: 'price', version: 1, from: new Date('2026-02-01T00:00:00Z'), to: null },
    ])
    expect(await currencyInUse(database)).toBe('USD')
  })

  it.each([
    [`update rating.book_versions set note = 'other' where version = 1`],
    [`update rating.book_versions set content = '{}', content_sha256 = encode(sha256('{}'), 'hex') where version = 1`],
    [`update rating.book_versions set status = 'draft', published_at = null where version = 1`],
    [`update rating.book_versions set effective_from = '2020-01-01' where version = 1`],
    [`delete from rating.book_versions where version = 1`],
    [`delete from rating.book_versions where version = 2`],
    [`truncate rating.book_versions`],
  ])('R-4 lets nobody change or remove a published version, the owner of the table included: %s', async (statement) => {
    await expect(owner.query(statement)).rejects.toThrow(/immutable|never removed/)
    await expect(database.query(statement)).rejects.toThrow(/immutable|permission denied/)
  })

  it('R-4 lets the service make drafts only, and change of a draft only what publishing changes', async () => {
    const columns =
      'book, version, note, imported, content, content_sha256, currency, effective_from, source, source_date'
    const values = `'price', 99, '', false, '{}', encode(sha256('{}'), 'hex'), 'USD', now(), 'a test', now()`
    await expect(
      database.query(
        `insert into rating.book_versions (${columns}, status, published_at) values (${values}, 'published', now())`,
      ),
    ).rejects.toThrow('permission denied')
    await expect(database.query(`update rating.book_versions set version = 99 where version = 2`)).rejects.toThrow(
      'permission denied',
    )
    await expect(owner.query(`update rating.book_versions set version = 99 where version = 2`)).rejects.toThrow(
      'keeps its book',
    )
    await expect(
      database.query(`update rating.book_versions set content = '{"a":1}' where version = 2`),
    ).rejects.toThrow('check constraint')
  })

  it('M-3 lets nobody change or remove a meter', async () => {
    await database.query(`insert into rating.meters (name, definition) values ('m', '{}')`)
    for (const statement of [
      `update rating.meters set definition = '[]'`,
      'delete from rating.meters',
      'truncate rating.meters',
    ]) {
      await expect(owner.query(statement)).rejects.toThrow('never changed or removed')
      await expect(database.query(statement)).rejects.toThrow('permission denied')
    }
  })

  it('I-4 shows nothing of the catalogue to the role of tenants', async () => {
    const asTenant = database.asTenant('018f0000-0000-7000-8000-000000000000', (tx) =>
      tx.query('select from rating.book_versions'),
    )
    await expect(asTenant).rejects.toThrow('permission denied')
  })
})
