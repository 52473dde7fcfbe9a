import { createHash } from 'node:crypto'
import { Inject, Injectable } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import {
  catalogChangedTopic,
  type BookContent,
  type BookSide,
  type BookVersionDetail,
  type BookVersionSummary,
  type CatalogChanged,
} from '@portitor/contracts'
import type { Queryable } from '@portitor/postgres'
import type { Effective } from './versions-in-force.ts'

interface SummaryRow {
  book: BookSide
  version: number
  status: 'draft' | 'published'
  created_at: Date
  published_at: Date | null
  note: string
  effective_from: Date
  effective_to: Date | null
  source: string
  source_date: Date
  content_sha256: string
}

export interface PublishedVersion extends Effective {
  readonly book: BookSide
}

const SUMMARY =
  'book, version, status, created_at, published_at, note, effective_from, effective_to, source, source_date, content_sha256'

/**
 * Takes the catalogue's one lock, which every change holds until it commits: versions stay gapless and `revision` counts
 * one publication at a time. Returns the revision before the change.
 */
export async function lockCatalog(tx: Queryable): Promise<bigint> {
  const { rows } = await tx.query<{ revision: bigint }>('select revision from rating.catalog_head for update')
  return rows[0]!.revision
}

/** Announces changes in the transaction that makes them, as its last statements: raters reload by the revision, others by the topic. */
export async function announce(tx: Queryable, bus: Bus, changes: readonly CatalogChanged[]): Promise<void> {
  await tx.query('update rating.catalog_head set revision = revision + 1')
  await bus.publish(
    tx,
    changes.map((change) => ({
      topic: catalogChangedTopic,
      key: change.kind === 'meter' ? `meter:${change.meter.name}` : `book:${change.book}`,
      value: JSON.stringify(change),
      headers: { 'content-type': 'application/json' },
    })),
  )
}

/** The versions of the price and the cost book. Whoever writes holds the lock of `lockCatalog` in the same transaction. */
@Injectable()
export class BooksStore {
  constructor(@Inject(Bus) readonly bus: Bus) {}

  /** Newest first; versions below `before`, at most `limit`. */
  async list(db: Queryable, book: BookSide, page: { before: number; limit: number }): Promise<BookVersionSummary[]> {
    const { rows } = await db.query<SummaryRow>(
      `select ${SUMMARY} from rating.book_versions where book = $1 and version < $2 order by version desc limit $3`,
      [book, page.before, page.limit],
    )
    return rows.map(toSummary)
  }

  /** One version with its content, which was checked when it was stored and which the database keeps as it was: no need to check 400 KB again. */
  async find(db: Queryable, book: BookSide, version: number): Promise<BookVersionDetail | undefined> {
    const { rows } = await db.query<SummaryRow & { content: string }>(
      `select ${SUMMARY}, content from rating.book_versions where book = $1 and version = $2`,
      [book, version],
    )
    const row = rows[0]
    return row && { ...toSummary(row), content: JSON.parse(row.content) as BookContent }
  }

  async hasAny(db: Queryable): Promise<boolean> {
    const { rowCount } = await db.query('select from rating.book_versions limit 1')
    return rowCount === 1
  }

  /** What the newest import of provider prices said, published or not; undefined before the first. */
  async newestImport(db: Queryable, book: BookSide): Promise<BookVersionDetail | undefined> {
    const { rows } = await db.query<{ version: number | null }>(
      'select max(version) as version from rating.book_versions where book = $1 and imported',
      [book],
    )
    const version = rows[0]?.version
    return version == null ? undefined : this.find(db, book, version)
  }

  /** The highest version that is published, in force or still to come; undefined before the first. */
  async newestPublished(db: Queryable, book: BookSide): Promise<BookVersionDetail | undefined> {
    const { rows } = await db.query<{ version: number | null }>(
      `select max(version) as version from rating.book_versions where book = $1 and status = 'published'`,
      [book],
    )
    const version = rows[0]?.version
    return version == null ? undefined : this.find(db, book, version)
  }

  /** The currency of what is published; undefined before anything is. */
  async currency(db: Queryable): Promise<string | undefined> {
    const { rows } = await db.query<{ currency: string }>(
      `select currency from rating.book_versions where status = 'published' limit 1`,
    )
    return rows[0]?.currency
  }

  /** Appends a draft as the next version of the book. `imported`: it says what the price package says. */
  async insertDraft(
    tx: Queryable,
    book: BookSide,
    { note, content, imported = false }: { note: string; content: BookContent; imported?: boolean },
  ): Promise<BookVersionSummary> {
    const text = JSON.stringify(content)
    const { currency, effective_from, effective_to, source, source_date } = content
    const { rows } = await tx.query<SummaryRow>(
      `insert into rating.book_versions
         (book, version, note, imported, content, content_sha256, currency, effective_from, effective_to, source, source_date)
       select $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9, $10
       from rating.book_versions where book = $1
       returning ${SUMMARY}`,
      [book, note, imported, text, sha256(text), currency, effective_from, effective_to, source, source_date],
    )
    return toSummary(rows[0]!)
  }

  /** Turns a draft into what it says from now on; the database refuses any second time. */
  async publish(tx: Queryable, draft: BookVersionDetail, from: string, now: Date): Promise<BookVersionSummary> {
    const text = JSON.stringify({ ...draft.content, effective_from: from })
    const { rows } = await tx.query<SummaryRow>(
      `update rating.book_versions
       set status = 'published', published_at = $3, content = $4, content_sha256 = $5, effective_from = $6
       where book = $1 and version = $2
       returning ${SUMMARY}`,
      [draft.book, draft.version, now, text, sha256(text), from],
    )
    await announce(tx, this.bus, [{ kind: 'book', book: draft.book, version: draft.version }])
    return toSummary(rows[0]!)
  }

  /** When each published version of both books is in force: what a rater needs to choose, without the contents. */
  async published(db: Queryable): Promise<PublishedVersion[]> {
    const { rows } = await db.query<PublishedVersion>(
      `select book, version, effective_from as "from", effective_to as "to"
       from rating.book_versions where status = 'published' order by book, version`,
    )
    return rows
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function toSummary(row: SummaryRow): BookVersionSummary {
  return {
    book: row.book,
    version: row.version,
    status: row.status,
    created_at: row.created_at.toISOString(),
    published_at: row.published_at?.toISOString() ?? null,
    note: row.note,
    effective_from: row.effective_from.toISOString(),
    effective_to: row.effective_to?.toISOString() ?? null,
    source: row.source,
    source_date: row.source_date.toISOString(),
    content_sha256: row.content_sha256,
  }
}
