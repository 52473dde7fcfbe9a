import { Inject, Injectable } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import type { BookContent, BookSide, BookVersionDetail, BookVersionSummary, VersionActor } from '@portitor/contracts'
import type { Queryable } from '@portitor/postgres'
import { announce } from './catalog-head.store.ts'
import type { Effective } from './versions-in-force.ts'
import { contentColumns, type StoredReview, type VersionRow, VersionsStore } from '../versions/versions.store.ts'

interface Shown {
  readonly source: string
  readonly source_date: Date
}

export interface PublishedVersion extends Effective {
  readonly book: BookSide
}

/** A draft to store. `imported`: it says what the price package says. */
interface BookDraft {
  readonly note: string
  readonly content: BookContent
  readonly author: VersionActor | null
  readonly imported?: boolean
}

/** The versions of the price and the cost book. Whoever writes holds the lock of `lockCatalog` in the same transaction. */
@Injectable()
export class BooksStore {
  readonly noun = 'book'
  readonly #versions = new VersionsStore<Shown>('book', ['source', 'source_date'])

  constructor(@Inject(Bus) readonly bus: Bus) {}

  /** Newest first; versions below `before`, at most `limit`. */
  async list(db: Queryable, book: BookSide, page: { before: number; limit: number }): Promise<BookVersionSummary[]> {
    return (await this.#versions.list(db, book, page)).map(toSummary)
  }

  /** One version with its content, which was checked when it was stored and which the database keeps as it was: no need to check 400 KB again. */
  async find(db: Queryable, book: BookSide, version: number): Promise<BookVersionDetail | undefined> {
    const row = await this.#versions.find(db, book, version)
    return row && { ...toSummary(row), content: JSON.parse(row.content) as BookContent }
  }

  async hasAny(db: Queryable): Promise<boolean> {
    const { rowCount } = await db.query('select from rating.book_versions limit 1')
    return rowCount === 1
  }

  /** What the newest import of provider prices said, published or not; undefined before the first. */
  async newestImport(db: Queryable, book: BookSide): Promise<BookVersionDetail | undefined> {
    return this.#newest(db, book, 'imported')
  }

  /** The highest version that is published, in force or still to come; undefined before the first. */
  async newestPublished(db: Queryable, book: BookSide): Promise<BookVersionDetail | undefined> {
    return this.#newest(db, book, `status = 'published'`)
  }

  /** Appends a draft as the next version of the book. */
  async insertDraft(tx: Queryable, book: BookSide, draft: BookDraft): Promise<BookVersionSummary> {
    return toSummary(await this.#versions.insertDraft(tx, book, { ...draft, columns: columnsOf(draft) }))
  }

  /** Gives a draft another content. */
  async replaceDraft(tx: Queryable, book: BookSide, version: number, draft: BookDraft): Promise<BookVersionSummary> {
    return toSummary(await this.#versions.replaceDraft(tx, book, version, { ...draft, columns: columnsOf(draft) }))
  }

  async review(tx: Queryable, { book, ...draft }: BookVersionSummary, review: StoredReview): Promise<void> {
    await this.#versions.review(tx, { subject: book, ...draft }, review)
  }

  /** Turns a draft into what it says from now on, and announces it; the database refuses any second time. */
  async publish(
    tx: Queryable,
    { book, version, content }: BookVersionDetail,
    publication: { effectiveFrom: string; publisher: VersionActor | null; now: Date },
  ): Promise<BookVersionSummary> {
    const effective_from = publication.effectiveFrom
    const columns = { ...contentColumns({ ...content, effective_from }), effective_from }
    const row = await this.#versions.publish(tx, book, version, { ...publication, columns })
    await announce(tx, this.bus, [{ kind: 'book', book, version }])
    return toSummary(row)
  }

  /** When each published version of both books is in force: what a rater needs to choose, without the contents. */
  async published(db: Queryable, book?: BookSide): Promise<PublishedVersion[]> {
    const versions = await this.#versions.published(db, book)
    return versions.map(({ subject, ...effective }) => ({ book: subject as BookSide, ...effective }))
  }

  async #newest(db: Queryable, book: BookSide, condition: string): Promise<BookVersionDetail | undefined> {
    const version = await this.#versions.newest(db, book, condition)
    return version === undefined ? undefined : this.find(db, book, version)
  }
}

function columnsOf({ content, imported = false }: BookDraft): Readonly<Record<string, unknown>> {
  const { currency, effective_from, effective_to, source, source_date } = content
  return { imported, currency, effective_from, effective_to, source, source_date }
}

function toSummary(row: VersionRow<Shown>): BookVersionSummary {
  return {
    book: row.subject as BookSide,
    version: row.version,
    status: row.status,
    created_at: row.created_at.toISOString(),
    published_at: row.published_at?.toISOString() ?? null,
    note: row.note,
    effective_from: row.effective_from!.toISOString(),
    effective_to: row.effective_to?.toISOString() ?? null,
    source: row.source,
    source_date: row.source_date.toISOString(),
    content_sha256: row.content_sha256,
    author: row.author,
    publisher: row.publisher,
    revision: row.revision,
    reviews: [...row.reviews],
  }
}
