import { Inject, Injectable } from '@nestjs/common'
import type { BookSide } from '@portitor/contracts'
import { indexMeters, type MeterIndex } from '@portitor/metering'
import type { Queryable } from '@portitor/postgres'
import { compileBook, type CompiledBook } from '@portitor/pricing'
import { BooksStore, type PublishedVersion } from './books.store.ts'
import { MetersStore } from './meters.store.ts'
import type { PublishedPlan } from '../plans/published-plan.ts'
import { PlansStore } from '../plans/plans.store.ts'
import { type Span, versionsWithin } from './versions-in-force.ts'

/** What rating knows at one moment. Books are ascending by version; `inForce` of `@portitor/pricing` chooses among them. */
export interface CatalogInForce {
  readonly revision: bigint
  readonly books: { readonly price: readonly CompiledBook[]; readonly cost: readonly CompiledBook[] }
  /** Every published version of every plan and add-on by its id, ascending by version; `plan-room.ts` bounds them. */
  readonly plans: ReadonlyMap<string, readonly PublishedPlan[]>
  readonly meters: MeterIndex
}

interface Head {
  readonly revision: bigint
  readonly meters: MeterIndex
  readonly plans: ReadonlyMap<string, readonly PublishedPlan[]>
  /** Per book the versions that some event's time can still lead to. */
  readonly reachable: Readonly<Record<BookSide, readonly PublishedVersion[]>>
}

/** A compiled start book takes some 3 MB. Of more versions than this the oldest are left out, and events that only they price are refused. */
const versionsPerBookMax = 32
const compiledMax = 2 * versionsPerBookMax
const ALWAYS: Span = { from: new Date(0), to: new Date(8.64e15) }

/**
 * The catalogue as of the transaction that asks (architecture, mechanism 2): one row is read each time, and everything else
 * only when its revision has moved. So a rater that missed every announcement still prices by what is published. A
 * published version never changes, so a compiled one never goes stale; the least recently used are dropped.
 */
@Injectable()
export class CatalogCache {
  #head: Head | undefined
  readonly #compiled = new Map<string, CompiledBook>()

  constructor(
    @Inject(BooksStore) readonly books: BooksStore,
    @Inject(MetersStore) readonly meters: MetersStore,
    @Inject(PlansStore) readonly plans: PlansStore,
  ) {}

  /** `span`: the times the caller will ask about; a caller that knows them gets by with fewer books in memory. */
  async inForce(tx: Queryable, span?: Span): Promise<CatalogInForce> {
    const { revision, meters, plans, reachable } = await this.#read(tx)
    const compiled = async (book: BookSide) =>
      this.#compile(tx, span === undefined ? reachable[book] : versionsWithin(reachable[book], span))
    const [price, cost] = [await compiled('price'), await compiled('cost')]
    return { revision, books: { price, cost }, plans, meters }
  }

  /** A published version of a book, in force or not; undefined: there is none. */
  async publishedBook(tx: Queryable, book: BookSide, version: number): Promise<CompiledBook | undefined> {
    const known = this.#compiled.get(`${book}:${version}`)
    if (known !== undefined) return known
    const found = await this.books.find(tx, book, version)
    return found?.status === 'published' ? this.#remember(compileBook(book, version, found.content)) : undefined
  }

  async #read(tx: Queryable): Promise<Head> {
    const { rows } = await tx.query<{ revision: bigint }>({
      name: 'rating.catalog_head',
      text: 'select revision from rating.catalog_head',
      values: [],
    })
    const revision = rows[0]!.revision
    if (this.#head?.revision === revision) return this.#head
    // What is read now may be newer than the revision read before it; then the next call finds the revision moved and reads again.
    const published = await this.books.published(tx)
    const of = (book: BookSide) =>
      versionsWithin(
        published.filter((version) => version.book === book),
        ALWAYS,
      )
    const meters = indexMeters(await this.meters.all(tx))
    const plans = await this.#readPlans(tx)
    this.#head = { revision, meters, plans, reachable: { price: of('price'), cost: of('cost') } }
    return this.#head
  }

  /** A published version never changes and never disappears, so only those that are not known yet are read. */
  async #readPlans(tx: Queryable): Promise<ReadonlyMap<string, readonly PublishedPlan[]>> {
    const known = [...(this.#head?.plans.values() ?? [])].flat()
    const fresh = await this.plans.loadPublished(
      tx,
      known.map(({ plan, version }) => `${plan}:${version}`),
    )
    const all = [...known, ...fresh].toSorted((left, right) => left.version - right.version)
    return Map.groupBy(all, ({ plan }) => plan)
  }

  async #compile(tx: Queryable, versions: readonly PublishedVersion[]): Promise<CompiledBook[]> {
    const books: CompiledBook[] = []
    for (const { book, version } of versions.slice(-versionsPerBookMax)) {
      const known = this.#compiled.get(`${book}:${version}`)
      books.push(this.#remember(known ?? (await this.#load(tx, book, version))))
    }
    return books
  }

  /** A map keeps the order of insertion: what was used last goes to its end, so the first is the least recently used. */
  #remember(compiled: CompiledBook): CompiledBook {
    const key = `${compiled.side}:${compiled.version}`
    this.#compiled.delete(key)
    this.#compiled.set(key, compiled)
    if (this.#compiled.size > compiledMax) this.#compiled.delete(this.#compiled.keys().next().value!)
    return compiled
  }

  async #load(tx: Queryable, book: BookSide, version: number): Promise<CompiledBook> {
    const found = await this.books.find(tx, book, version)
    if (found === undefined) throw new Error(`version ${version} of the ${book} book is published but not stored`)
    return compileBook(book, version, found.content)
  }
}
