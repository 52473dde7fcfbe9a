import type { Bus } from '@portitor/bus'
import type { ReviewVersion, VersionActor } from '@portitor/contracts'
import type { Database, Queryable } from '@portitor/postgres'
import { type Caller, ProblemException } from '@portitor/service'
import { refusalOf } from '../catalog/book-refusal.ts'
import { lockCatalog } from '../catalog/catalog-head.store.ts'
import type { BookProblem } from '../catalog/check-charges.ts'
import { once } from '../catalog/kept-answers.store.ts'
import { auditVersions } from './audit-versions.ts'
import { decidePublication, type Publishable, type PublicationRequest } from './decide-publication.ts'
import { type Refused, refuseReview } from './decide-review.ts'
import { actorOf } from './version-actor.ts'
import type { Noun, StoredReview } from './versions.store.ts'

interface Draft<Content> {
  readonly note: string
  readonly content: Content
}

/** What stores the versions of books, or of plans. */
interface VersionedStore<Subject extends string, Content, Summary, Detail> {
  readonly noun: Noun
  find(db: Queryable, subject: Subject, version: number): Promise<Detail | undefined>
  insertDraft(
    tx: Queryable,
    subject: Subject,
    draft: Draft<Content> & { author: VersionActor | null },
  ): Promise<Summary>
  replaceDraft(
    tx: Queryable,
    subject: Subject,
    version: number,
    draft: Draft<Content> & { author: VersionActor | null },
  ): Promise<Summary>
  review(tx: Queryable, draft: Detail, review: StoredReview): Promise<void>
  publish(
    tx: Queryable,
    draft: Detail,
    publication: { effectiveFrom: string; effectiveTo: string | null; publisher: VersionActor; now: Date },
  ): Promise<Summary>
  published(db: Queryable, subject: Subject): Promise<readonly { readonly version: number; readonly from: Date }[]>
}

interface Options<Subject extends string, Content, Summary, Detail> {
  readonly database: Database
  readonly bus: Bus
  readonly store: VersionedStore<Subject, Content, Summary, Detail>
  /** Whether an approval of another principal than the author is needed to publish. */
  readonly fourEyes: boolean
  /** What is wrong with a content, by field. */
  readonly check: (tx: Queryable, subject: Subject, content: Content) => Promise<readonly BookProblem[]>
  /** Why nothing more is published at all. */
  readonly full?: (tx: Queryable, draft: Detail) => Promise<Refused | undefined>
}

/**
 * What can be done to the versions of a book or a plan: drafted, changed, reviewed, published. Each is one transaction under
 * the catalogue's lock that decides, stores, announces and audits; what is refused changes nothing.
 */
export class VersionChanges<
  Subject extends string,
  Content,
  Summary extends { readonly version: number },
  Detail extends Summary & Publishable & { readonly content: Content },
> {
  constructor(readonly options: Options<Subject, Content, Summary, Detail>) {}

  /** `key`: the same call with the same key makes one draft and is answered twice. */
  async draft(caller: Caller, subject: Subject, draft: Draft<Content>, key?: string): Promise<Summary> {
    const { kind, id } = actorOf(caller)
    const operation = `${kind}:${id} draft ${this.#noun}:${subject}`
    return this.#change(async (tx) => {
      const call = { operation, key, body: draft, keptHours: 24, at: new Date() }
      const make = () => this.makeDraft(tx, caller, `${this.#noun}.drafted`, subject, draft)
      return (await once(tx, call, make)).answer
    })
  }

  /** A draft inside of a transaction that holds the catalogue's lock. 400 naming every field that is wrong. */
  async makeDraft(
    tx: Queryable,
    caller: Caller,
    action: string,
    subject: Subject,
    draft: Draft<Content>,
  ): Promise<Summary> {
    await this.#check(tx, subject, draft.content)
    const stored = await this.options.store.insertDraft(tx, subject, { ...draft, author: actorOf(caller) })
    await auditVersions(tx, this.options.bus, caller, action, [stored])
    return stored
  }

  async replace(caller: Caller, subject: Subject, version: number, draft: Draft<Content>): Promise<Summary> {
    return this.#change(async (tx) => {
      const old = await this.find(tx, subject, version)
      if (old.status === 'published') throw alreadyPublished(this.#noun, old)
      await this.#check(tx, subject, draft.content)
      const author = actorOf(caller)
      const stored = await this.options.store.replaceDraft(tx, subject, version, { ...draft, author })
      await auditVersions(tx, this.options.bus, caller, `${this.#noun}.changed`, [stored])
      return stored
    })
  }

  async review(caller: Caller, subject: Subject, version: number, review: ReviewVersion): Promise<Summary> {
    return this.#change(async (tx) => {
      const draft = await this.find(tx, subject, version)
      const reviewer = actorOf(caller)
      const refused = refuseReview(this.#noun, draft, review, reviewer)
      if (refused !== undefined) throw conflict(refused)
      await this.options.store.review(tx, draft, { ...review, reviewer, now: new Date() })
      const { content: _, ...reviewed } = await this.find(tx, subject, version)
      await auditVersions(tx, this.options.bus, caller, `${this.#noun}.reviewed`, [reviewed])
      return reviewed as unknown as Summary
    })
  }

  /** The content is judged again: what it names may have changed since it was drafted. */
  async publish(caller: Caller, subject: Subject, version: number, request: PublicationRequest): Promise<Summary> {
    const { store, fourEyes } = this.options
    return this.#change(async (tx) => {
      const now = new Date()
      const draft = await this.find(tx, subject, version)
      const published = await store.published(tx, subject)
      const publication = decidePublication(this.#noun, draft, request, { now, fourEyes, published })
      if (publication.refused) throw conflict(publication.refused)
      await this.#check(tx, subject, draft.content)
      const full = await this.options.full?.(tx, draft)
      if (full !== undefined) throw conflict(full)
      const stored = await store.publish(tx, draft, { ...publication, publisher: actorOf(caller), now })
      await auditVersions(tx, this.options.bus, caller, `${this.#noun}.published`, [stored])
      return stored
    })
  }

  /** A new draft that says what `version` says, as `again` puts it. */
  async rollback(
    caller: Caller,
    subject: Subject,
    version: number,
    { note, again }: { note: string | undefined; again: (content: Content) => Content },
  ): Promise<Summary> {
    return this.#change(async (tx) => {
      const { content } = await this.find(tx, subject, version)
      const draft = { note: note ?? `Rollback to version ${version}`, content: again(content) }
      return this.makeDraft(tx, caller, `${this.#noun}.rolled_back`, subject, draft)
    })
  }

  /** 404 where there is no such version. */
  async find(db: Queryable, subject: Subject, version: number): Promise<Detail> {
    const found = await this.options.store.find(db, subject, version)
    if (found === undefined) throw versionNotFound(this.#noun, subject, version)
    return found
  }

  async #check(tx: Queryable, subject: Subject, content: Content): Promise<void> {
    const problems = await this.options.check(tx, subject, content)
    if (problems.length === 0) return
    const code = this.#noun === 'book' ? 'book.invalid' : 'plan.invalid'
    throw refusalOf(code, problems)
  }

  async #change<Result>(work: (tx: Queryable) => Promise<Result>): Promise<Result> {
    const result = await this.options.database.transaction(async (tx) => {
      await lockCatalog(tx)
      return work(tx)
    })
    this.options.bus.committed()
    return result
  }

  get #noun(): Noun {
    return this.options.store.noun
  }
}

export function versionNotFound(noun: Noun, subject: string, version: number): ProblemException {
  const owner = noun === 'book' ? `The ${subject} book` : `The plan ${subject}`
  return new ProblemException(404, `${noun}.version_not_found`, `${owner} has no version ${version}.`)
}

function alreadyPublished(noun: Noun, draft: Publishable): ProblemException {
  return new ProblemException(
    409,
    `${noun}.already_published`,
    `Version ${draft.version} is published since ${draft.published_at}: make a new draft.`,
  )
}

function conflict({ code, detail, field }: Refused): ProblemException {
  return new ProblemException(
    409,
    code,
    detail,
    field === undefined ? {} : { errors: [{ in: 'body', field, expected: detail }] },
  )
}
