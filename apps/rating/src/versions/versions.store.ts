import { createHash } from 'node:crypto'
import type { VersionActor, VersionReview } from '@portitor/contracts'
import type { Queryable } from '@portitor/postgres'
import type { Effective } from '../catalog/versions-in-force.ts'

/** What has versions. It names the table `rating.<noun>_versions`, its key column, and the subject of error codes and audit entries. */
export type Noun = 'book' | 'plan'

/** A version as stored, less its content; `Shown` are the columns that follow from the content. */
export type VersionRow<Shown> = Shown & {
  readonly subject: string
  readonly version: number
  readonly status: 'draft' | 'published'
  readonly note: string
  readonly created_at: Date
  readonly published_at: Date | null
  readonly effective_from: Date | null
  readonly effective_to: Date | null
  readonly content_sha256: string
  readonly author: VersionActor | null
  readonly publisher: VersionActor | null
  readonly revision: number
  readonly reviews: readonly VersionReview[]
}

/** A content to store, and the columns that follow from it. */
export interface StoredContent {
  readonly note: string
  readonly content: object
  readonly columns: Readonly<Record<string, unknown>>
  /** Null: a start book, which nobody of the outside wrote. */
  readonly author: VersionActor | null
}

export interface StoredReview {
  readonly reviewer: VersionActor
  readonly verdict: VersionReview['verdict']
  readonly note: string
  readonly now: Date
}

const common =
  'version, status, note, created_at, published_at, effective_from, effective_to, content_sha256, author, publisher, revision'

/**
 * The versions of books or of plans (R-4): numbered without gaps, changeable as drafts, immutable once published, which the
 * database sees to. Whoever writes holds the lock of `lockCatalog` in the same transaction.
 */
export class VersionsStore<Shown extends object> {
  readonly #table: string
  readonly #select: string

  constructor(
    readonly noun: Noun,
    shown: readonly (keyof Shown & string)[],
  ) {
    this.#table = `rating.${noun}_versions`
    this.#select = `${[`${noun} as subject`, common, ...shown].join(', ')}, ${reviewsOf(noun)} as reviews`
  }

  /** Newest first; versions below `before`, at most `limit`. */
  async list(
    db: Queryable,
    subject: string,
    page: { before: number; limit: number; publishedOnly?: boolean },
  ): Promise<VersionRow<Shown>[]> {
    const { rows } = await db.query<VersionRow<Shown>>(
      `select ${this.#select} from ${this.#table} v
       where ${this.noun} = $1 and version < $2 and (status = 'published' or not $4) order by version desc limit $3`,
      [subject, page.before, page.limit, page.publishedOnly ?? false],
    )
    return rows
  }

  /** One version with its content as text. */
  async find(
    db: Queryable,
    subject: string,
    version: number,
  ): Promise<(VersionRow<Shown> & { content: string }) | undefined> {
    const { rows } = await db.query<VersionRow<Shown> & { content: string }>(
      `select ${this.#select}, content from ${this.#table} v where ${this.noun} = $1 and version = $2`,
      [subject, version],
    )
    return rows[0]
  }

  /** The highest version that `condition` holds for: SQL of ours over the table's columns. */
  async newest(db: Queryable, subject: string, condition: string): Promise<number | undefined> {
    const { rows } = await db.query<{ version: number | null }>(
      `select max(version) as version from ${this.#table} where ${this.noun} = $1 and ${condition}`,
      [subject],
    )
    return rows[0]?.version ?? undefined
  }

  /** When each published version is in force, of this subject or of all, without the contents. */
  async published(db: Queryable, subject?: string): Promise<(Effective & { readonly subject: string })[]> {
    const { rows } = await db.query<Effective & { subject: string }>(
      `select ${this.noun} as subject, version, effective_from as "from", effective_to as "to" from ${this.#table}
       where status = 'published' and ($1::text is null or ${this.noun} = $1) order by ${this.noun}, version`,
      [subject ?? null],
    )
    return rows
  }

  /** Appends a draft as the next version. */
  async insertDraft(tx: Queryable, subject: string, draft: StoredContent): Promise<VersionRow<Shown>> {
    const values = valuesOf(draft)
    const columns = Object.keys(values)
    const { rows } = await tx.query<VersionRow<Shown>>(
      `insert into ${this.#table} as v (${this.noun}, version, ${columns.join(', ')})
       select $1, coalesce(max(version), 0) + 1, ${columns.map((_, index) => `$${index + 2}`).join(', ')}
       from ${this.#table} where ${this.noun} = $1
       returning ${this.#select}`,
      [subject, ...Object.values(values)],
    )
    return rows[0]!
  }

  /** Gives a draft another content, and so another revision. */
  async replaceDraft(
    tx: Queryable,
    subject: string,
    version: number,
    draft: StoredContent,
  ): Promise<VersionRow<Shown>> {
    return this.#update(tx, subject, version, valuesOf(draft))
  }

  /** Turns a draft into what it says from now on; the database refuses any second time. */
  async publish(
    tx: Queryable,
    subject: string,
    version: number,
    published: { columns: Readonly<Record<string, unknown>>; publisher: VersionActor | null; now: Date },
  ): Promise<VersionRow<Shown>> {
    return this.#update(tx, subject, version, {
      ...published.columns,
      status: 'published',
      published_at: published.now,
      publisher: published.publisher,
    })
  }

  /** Adds a verdict on the content as it stands. */
  async review(
    tx: Queryable,
    { subject, version, revision }: Pick<VersionRow<Shown>, 'subject' | 'version' | 'revision'>,
    review: StoredReview,
  ): Promise<void> {
    await tx.query(
      `insert into rating.version_reviews (noun, subject, version, revision, reviewer, verdict, note, reviewed_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [this.noun, subject, version, revision, review.reviewer, review.verdict, review.note, review.now],
    )
  }

  async #update(tx: Queryable, subject: string, version: number, values: Readonly<Record<string, unknown>>) {
    const assignments = Object.keys(values).map((column, index) => `${column} = $${index + 3}`)
    const { rows } = await tx.query<VersionRow<Shown>>(
      `update ${this.#table} v set ${assignments.join(', ')} where ${this.noun} = $1 and version = $2
       returning ${this.#select}`,
      [subject, version, ...Object.values(values)],
    )
    return rows[0]!
  }
}

/** The columns of a content, its text and its hash. */
export function contentColumns(content: object): { content: string; content_sha256: string } {
  const text = JSON.stringify(content)
  return { content: text, content_sha256: createHash('sha256').update(text).digest('hex') }
}

function valuesOf({ note, content, columns, author }: StoredContent): Readonly<Record<string, unknown>> {
  return { ...columns, ...contentColumns(content), note, author }
}

/** Few per version: `reviewsMax` of `decide-review.ts` bounds them. */
function reviewsOf(noun: Noun): string {
  return `(select coalesce(json_agg(json_build_object(
      'reviewer', r.reviewer, 'verdict', r.verdict, 'note', r.note, 'stands', r.revision = v.revision,
      'at', to_char(r.reviewed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by r.review), '[]')
    from rating.version_reviews r where r.noun = '${noun}' and r.subject = v.${noun} and r.version = v.version)`
}
