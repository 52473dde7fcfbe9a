import { Inject, Injectable, type OnModuleInit } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import type { BookContent, BookSide, BookVersionSummary, ImportBooksAnswer, VersionActor } from '@portitor/contracts'
import { Database, type Queryable } from '@portitor/postgres'
import { z } from 'zod'
import { BooksStore } from '../catalog/books.store.ts'
import { lockCatalog } from '../catalog/catalog-head.store.ts'
import { MetersStore } from '../catalog/meters.store.ts'
import { priceBook } from './price-book.ts'
import { costBook, START_EFFECTIVE_FROM } from './provider-prices.ts'
import { readPricePackage } from './provider-price-package.ts'
import { startMeters } from '../catalog/start-meters.ts'

/** `PORTITOR_MARKUP`: what a start price is times its cost. */
export const markupSchema = z
  .string()
  .regex(/^\d{1,4}(\.\d{1,6})?$/)
  .refine((text) => /[1-9]/.test(text))
  .describe('a factor above 0 as decimal text, such as 1.30')

/** The injection token of the markup. */
export const MARKUP = Symbol('the markup on imported costs')

interface ImportCall {
  readonly author: VersionActor
  readonly claim?: (tx: Queryable) => Promise<boolean>
  readonly imported?: (tx: Queryable, drafts: readonly BookVersionSummary[]) => Promise<void>
}

const sides: readonly BookSide[] = ['cost', 'price']

/**
 * fills an empty catalogue at start: the meters, and version 1 of both books from the price package. Later versions of
 * the package come in as drafts, which an operator reads and publishes. Runs before any consumer starts (Nest finishes
 * every `onModuleInit` before the first `onApplicationBootstrap`).
 */
@Injectable()
export class ImportProviderPricesJob implements OnModuleInit {
  constructor(
    @Inject(Database) readonly database: Database,
    @Inject(Bus) readonly bus: Bus,
    @Inject(BooksStore) readonly books: BooksStore,
    @Inject(MetersStore) readonly meters: MetersStore,
    @Inject(MARKUP) readonly markup: string,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.seed(new Date())
  }

  /** Safe to run at any time and in several processes at once: whoever gets the lock first does it, the others find it done. */
  async seed(now: Date): Promise<void> {
    await this.database.transaction(async (tx) => {
      await lockCatalog(tx)
      const existing = new Set((await this.meters.all(tx)).map(({ name }) => name))
      const missing = startMeters.filter(({ name }) => !existing.has(name))
      if (missing.length > 0) await this.meters.insert(tx, missing)
      if (await this.books.hasAny(tx)) return
      const contents = await this.#contents(now)
      for (const side of sides) await this.#publishFirst(tx, side, contents[side], now)
    })
    this.bus.committed()
  }

  /**
   * Drafts of the package's present data, for each book whose newest import says something else. Nothing is done where
   * `claim` says no under the lock; `imported` is told of the drafts as the last statement of the transaction.
   */
  async importDrafts(now: Date, { author, claim, imported }: ImportCall): Promise<ImportBooksAnswer> {
    const contents = await this.#contents(now)
    const drafts = await this.database.transaction(async (tx) => {
      await lockCatalog(tx)
      const made: BookVersionSummary[] = []
      if (claim !== undefined && !(await claim(tx))) return made
      for (const side of sides) {
        const newest = await this.books.newestImport(tx, side)
        if (newest !== undefined && sameCharges(newest.content, contents[side])) continue
        const content = { ...contents[side], effective_from: now.toISOString() }
        const note = 'Imported from the price package'
        made.push(await this.books.insertDraft(tx, side, { note, content, author, imported: true }))
      }
      if (made.length > 0) await imported?.(tx, made)
      return made
    })
    return { source: contents.cost.source, drafts }
  }

  async #contents(now: Date): Promise<Record<BookSide, BookContent>> {
    const { source, providers } = await readPricePackage()
    const cost = costBook(providers, { name: source, at: now })
    return { cost, price: priceBook(cost, this.markup) }
  }

  async #publishFirst(tx: Queryable, side: BookSide, content: BookContent, now: Date): Promise<void> {
    const { version } = await this.books.insertDraft(tx, side, {
      note: 'Start book',
      content,
      author: null,
      imported: true,
    })
    const draft = await this.books.find(tx, side, version)
    await this.books.publish(tx, draft!, { effectiveFrom: START_EFFECTIVE_FROM, publisher: null, now })
  }
}

function sameCharges(left: BookContent, right: BookContent): boolean {
  return JSON.stringify(left.charges) === JSON.stringify(right.charges)
}
