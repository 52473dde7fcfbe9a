import { randomUUID } from 'node:crypto'
import { busMigrations, EmbeddedBus } from '@portitor/bus'
import { type Backtest, type BookContent, type BookSide, type ExportedUsage } from '@portitor/contracts'
import { Database, migrate } from '@portitor/postgres'
import { createLog } from '@portitor/service'
import { describeWith, freshDatabase, until } from '@portitor/testing'
import { BooksStore } from '../catalog/books.store.ts'
import { CatalogCache } from '../catalog/catalog.cache.ts'
import { lockCatalog } from '../catalog/catalog-head.store.ts'
import { ratingMigrations } from '../index.ts'
import { MetersStore } from '../catalog/meters.store.ts'
import { PlansStore } from '../plans/plans.store.ts'
import type { AnalyticsClient } from './analytics.client.ts'
import { BacktestJob } from './backtest.job.ts'
import { listResults, summarize } from './backtest-results.store.ts'
import { endBacktest, findBacktest, insertBacktest } from './backtests.store.ts'
import { VersionsUnderTest } from './versions-under-test.ts'

const log = createLog({ name: 'spec', level: 'silent' })
const asked: Backtest = {
  from: '2026-03-01T00:00:00Z',
  to: '2026-04-01T00:00:00Z',
  price_version: 2,
  assume: 'subscribed',
}
const pagesPerWorkspace = 3
const perPage = 4

const content = (rate: string): BookContent => ({
  currency: 'USD',
  effective_from: '2026-01-01T00:00:00Z',
  effective_to: null,
  source: 'spec',
  source_date: '2026-01-01T00:00:00Z',
  charges: [{ id: 'gpu', meters: ['gpu_seconds'], price: { model: 'per_unit', rate, per: '1' } }],
})

/** Analytics, as it answers: pages of events that owe 1 nano each. `onPage` may wait, or fail. */
function analyticsOf(workspaces: readonly string[], onPage: (page: number) => Promise<void> = async () => undefined) {
  const asks: string[] = []
  const events = async (_: object, workspaceId: string, cursor: string | undefined) => {
    const page = Number(cursor ?? 0)
    asks.push(`${workspaceId} ${page}`)
    await onPage(asks.length)
    const quantity = workspaceId === workspaces.at(-1) && huge.has(workspaceId) ? '999999999999999999' : '1'
    const events = Array.from({ length: perPage }, (__, n): ExportedUsage => ({
      workspace_id: workspaceId,
      source: 'spec',
      id: `${page}-${n}`,
      type: 'resource.used',
      time: '2026-03-04T00:00:00.000Z',
      quantities: { gpu_seconds: quantity },
      owed: [{ currency: 'USD', price_nanos: '1', cost_nanos: '0' }],
    }))
    return { events, next: page + 1 === pagesPerWorkspace ? null : String(page + 1) }
  }
  const client = {
    workspaces: async () => new Map(workspaces.map((id) => [id, pagesPerWorkspace * perPage])),
    events,
  } as unknown as AnalyticsClient
  return { client, asks }
}
const huge = new Set<string>()

describeWith(['postgres'], 'the work on back-tests', () => {
  let server: Awaited<ReturnType<typeof freshDatabase>>
  let database: Database
  let books: BooksStore
  let catalog: CatalogCache
  const jobs: BacktestJob[] = []
  const workspaces = Array.from({ length: 4 }, () => randomUUID()).sort()

  beforeEach(async () => {
    server = await freshDatabase()
    await migrate(server.url, 'bus', busMigrations)
    await migrate(server.url, 'rating', ratingMigrations)
    database = new Database({ url: server.url, connectionsMax: 6, applicationName: 'backtest.job.int.spec' })
    const bus = new EmbeddedBus(database, { partitions: 2 })
    books = new BooksStore(bus)
    catalog = new CatalogCache(books, new MetersStore(bus), new PlansStore(bus))
    await draft('price', '0.000000001')
    await draft('cost', '0')
    for (const side of ['price', 'cost'] as const)
      await inCatalog(async (tx) =>
        books.publish(tx, (await books.find(tx, side, 1))!, {
          effectiveFrom: '2026-01-01T00:00:00Z',
          publisher: null,
          now: new Date(),
        }),
      )
    await draft('price', '0.00000001')
  })
  afterEach(async () => {
    for (const job of jobs.splice(0)) await job.beforeApplicationShutdown()
    await database.close()
    await server.drop()
  })

  const inCatalog = <Result>(work: Parameters<typeof database.transaction<Result>>[0]) =>
    database.transaction(async (tx) => {
      await lockCatalog(tx)
      return work(tx)
    })
  const draft = (side: BookSide, rate: string) =>
    inCatalog((tx) => books.insertDraft(tx, side, { note: '', content: content(rate), author: null }))
  const begin = async (more: Partial<Backtest> = {}) => {
    const body = { ...asked, ...more }
    const { revisions } = await new VersionsUnderTest(catalog).find(database, body)
    return (await inCatalog((tx) => insertBacktest(tx, randomUUID(), body, revisions)))!.backtest_id
  }
  const work = (client: AnalyticsClient) => {
    const job = new BacktestJob(database, client, new VersionsUnderTest(catalog), log)
    jobs.push(job)
    job.onApplicationBootstrap()
    return job
  }
  const found = async (id: string) => (await findBacktest(database, id))!
  const ended = (id: string) => until(async () => (await found(id)).status !== 'running')
  const events = workspaces.length * pagesPerWorkspace * perPage
  /** Every event owed 1 nano, and would owe 10. */
  const expectAll = async (id: string) => {
    expect(await found(id)).toMatchObject({ status: 'done', error: null })
    expect(await summarize(database, id)).toMatchObject({
      events,
      workspaces: { replayed: 4, failed: 0, paying_more: 4, paying_less: 0, partial_periods: 0 },
      totals: [
        {
          before: { price_nanos: String(events) },
          after: { price_nanos: String(10 * events) },
          difference_nanos: String(9 * events),
        },
      ],
    })
  }
  const expire = () => database.query(`update rating.backtests set leased_until = now() - interval '1 second'`)

  it('R-8 a worker that was killed is followed by another, which goes on with the workspace in hand and counts nothing twice', async () => {
    const id = await begin()
    // It never wakes up again: that is what others see of a killed one.
    const dead = analyticsOf(workspaces, (page) => (page === 5 ? new Promise(() => undefined) : Promise.resolve()))
    const killed = new BacktestJob(database, dead.client, new VersionsUnderTest(catalog), log)
    killed.wake()
    await until(() => dead.asks.length === 5)
    const living = analyticsOf(workspaces)
    const job = work(living.client)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(living.asks).toEqual([])
    await expire()
    job.wake()
    await ended(id)
    await expectAll(id)
    expect(new Set(living.asks.map((ask) => ask.split(' ')[0]))).toEqual(new Set(workspaces.slice(1)))
  })

  it('R-8 a worker that has lost its lease stops, and what it would have stored is not', async () => {
    const id = await begin()
    let go: () => void = () => undefined
    const held = new Promise<void>((resolve) => (go = resolve))
    const slow = analyticsOf(workspaces, (page) => (page === 3 ? held : Promise.resolve()))
    work(slow.client)
    await until(() => slow.asks.length === 3)
    await expire()
    work(analyticsOf(workspaces).client)
    await ended(id)
    go()
    for (const job of jobs) await job.beforeApplicationShutdown()
    await expectAll(id)
    expect(slow.asks).toHaveLength(3)
  })

  it('R-8 a worker that is stopped frees what it has at once, and one that fails tries again', async () => {
    const id = await begin()
    const failing = analyticsOf(workspaces, async (page) => {
      if (page === 2 || page === 6) throw new Error('analytics does not answer')
    })
    const first = work(failing.client)
    await until(() => failing.asks.length >= 3)
    await first.beforeApplicationShutdown()
    work(failing.client)
    await ended(id)
    await expectAll(id)
  })

  it('R-8 cancelled it ends after the page in hand; what it has found stays', async () => {
    const id = await begin()
    let go: () => void = () => undefined
    const held = new Promise<void>((resolve) => (go = resolve))
    const slow = analyticsOf(workspaces, (page) => (page === 5 ? held : Promise.resolve()))
    work(slow.client)
    await until(() => slow.asks.length === 5)
    expect(await endBacktest(database, id, { status: 'cancelled', error: null, at: new Date() })).toBe(true)
    go()
    for (const job of jobs) await job.beforeApplicationShutdown()
    expect(slow.asks).toHaveLength(5)
    expect(await found(id)).toMatchObject({ status: 'cancelled' })
    expect(await summarize(database, id)).toMatchObject({ workspaces: { replayed: 1 }, events: 12 })
    expect(await endBacktest(database, id, { status: 'done', error: null, at: new Date() })).toBe(false)
  })

  it('R-8 fails where a draft under test is changed, rather than mix two contents', async () => {
    const id = await begin()
    await inCatalog((tx) => books.replaceDraft(tx, 'price', 2, { note: '', content: content('7'), author: null }))
    work(analyticsOf(workspaces).client)
    await ended(id)
    expect(await found(id)).toMatchObject({ status: 'failed', error: expect.stringContaining('draft') })
  })

  it('R-8 a workspace that cannot be replayed is named with the reason, and the others are replayed', async () => {
    const last = workspaces.at(-1)!
    huge.add(last)
    await draft('price', '100000000')
    const id = await begin({ price_version: 3 })
    work(analyticsOf(workspaces).client)
    await ended(id)
    huge.delete(last)
    expect(await found(id)).toMatchObject({ status: 'done' })
    const { workspaces: counts, failures } = await summarize(database, id)
    expect([counts, failures]).toMatchObject([{ replayed: 3, failed: 1 }, [{ workspace_id: last }]])
    const rows = await listResults(database, id, { sort: 'price_after', after: undefined, limit: 10 })
    expect(rows.map(({ result }) => result.workspace_id).sort()).toEqual(workspaces.slice(0, 3))
  })

  it('R-8 runs so many at once and no more', async () => {
    const ids = [await begin(), await begin(), await begin(), await begin()]
    await expect(begin()).rejects.toThrow()
    await endBacktest(database, ids[0]!, { status: 'done', error: null, at: new Date() })
    expect(await begin()).toBeDefined()
  })
})
