import { Controller, Get, HttpCode, Inject, Post, Res } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import {
  type BookSide,
  type BookVersionDetail,
  type BookVersionSummary,
  type ImportBooksAnswer,
  bookPathSchema,
  bookVersionPathSchema,
  diffBookQuerySchema,
  draftBookSchema,
  listBookVersionsQuerySchema,
  publishBookSchema,
  rollbackBookSchema,
} from '@portitor/contracts'
import { Database, type Queryable } from '@portitor/postgres'
import { Caller, JsonBody, parse, Path, ProblemException, Query, RawRequest, readJson } from '@portitor/service'
import type { z } from 'zod'
import { auditBooks } from './audit-books.ts'
import { refusalOf } from './book-refusal.ts'
import { BooksStore, lockCatalog } from './books.store.ts'
import { checkBook } from './check-book.ts'
import { decidePublication } from './decide-publication.ts'
import { diffPage } from './diff-page.ts'
import { ImportProviderPricesJob } from './import-provider-prices.job.ts'
import { MetersStore } from './meters.store.ts'

const NEWEST = 2_147_483_647
type VersionPath = z.infer<typeof bookVersionPathSchema>

/** The price and the cost book. Operators only; drafts are judged as a whole before they are stored. */
@Controller('/api/v1/pricing/books')
export class BooksController {
  constructor(
    @Inject(Database) readonly database: Database,
    @Inject(Bus) readonly bus: Bus,
    @Inject(BooksStore) readonly books: BooksStore,
    @Inject(MetersStore) readonly meters: MetersStore,
    @Inject(ImportProviderPricesJob) readonly importer: ImportProviderPricesJob,
  ) {}

  @Get(':book/versions')
  async list(
    @Path(bookPathSchema) path: z.infer<typeof bookPathSchema>,
    @Query(listBookVersionsQuerySchema) query: z.infer<typeof listBookVersionsQuerySchema>,
  ) {
    const before = positionOf(query.cursor) ?? NEWEST
    const data = await this.books.list(this.database, path.book, { before, limit: query.limit + 1 })
    return page(data, query.limit, (last) => last.version)
  }

  @Get(':book/versions/:version')
  async read(@Path(bookVersionPathSchema) path: VersionPath): Promise<BookVersionDetail> {
    return this.#find(this.database, path.book, path.version)
  }

  @Post(':book/versions')
  async draft(
    @Caller() caller: Caller,
    @Path(bookPathSchema) path: z.infer<typeof bookPathSchema>,
    @JsonBody(draftBookSchema) body: z.infer<typeof draftBookSchema>,
  ): Promise<BookVersionSummary> {
    const stored = await this.database.transaction(async (tx) => {
      await lockCatalog(tx)
      const currency = await this.books.currency(tx)
      const problems = checkBook(path.book, body.content, { meters: await this.meters.all(tx), currency })
      if (problems.length > 0) throw refusalOf('book.invalid', problems)
      const draft = await this.books.insertDraft(tx, path.book, body)
      await auditBooks(tx, this.bus, caller, 'book.drafted', [draft])
      return draft
    })
    this.bus.committed()
    return stored
  }

  @Post(':book/versions/:version/publish')
  @HttpCode(200)
  async publish(
    @Caller() caller: Caller,
    @Path(bookVersionPathSchema) path: VersionPath,
    @RawRequest() request: RawRequest,
  ) {
    const body = bodyOrDefault(publishBookSchema, request)
    const published = await this.database.transaction(async (tx) => {
      await lockCatalog(tx)
      const now = new Date()
      const draft = await this.#find(tx, path.book, path.version)
      const publication = decidePublication(draft, body, now)
      if (publication.refused) throw new ProblemException(409, publication.refused.code, publication.refused.detail)
      const version = await this.books.publish(tx, draft, publication.effectiveFrom, now)
      await auditBooks(tx, this.bus, caller, 'book.published', [version])
      return version
    })
    this.bus.committed()
    return published
  }

  @Get(':book/versions/:version/diff')
  async diff(
    @Path(bookVersionPathSchema) path: VersionPath,
    @Query(diffBookQuerySchema) query: z.infer<typeof diffBookQuerySchema>,
  ) {
    const from = query.from ?? path.version - 1
    if (from === 0)
      throw new ProblemException(400, 'book.nothing_before', 'There is no version before 1: name another with ?from=.')
    const earlier = await this.#find(this.database, path.book, from)
    const later = await this.#find(this.database, path.book, path.version)
    return diffPage(earlier, later, { start: positionOf(query.cursor) ?? 0, limit: query.limit })
  }

  @Post(':book/versions/:version/rollback')
  async rollback(
    @Caller() caller: Caller,
    @Path(bookVersionPathSchema) path: VersionPath,
    @RawRequest() request: RawRequest,
  ) {
    const body = bodyOrDefault(rollbackBookSchema, request)
    const stored = await this.database.transaction(async (tx) => {
      await lockCatalog(tx)
      const { content } = await this.#find(tx, path.book, path.version)
      const draft = await this.books.insertDraft(tx, path.book, {
        note: body.note ?? `Rollback to version ${path.version}`,
        content: { ...content, effective_from: new Date().toISOString(), effective_to: null },
      })
      await auditBooks(tx, this.bus, caller, 'book.rolled_back', [draft])
      return draft
    })
    this.bus.committed()
    return stored
  }

  @Post('import')
  async import(
    @Caller() caller: Caller,
    @Res({ passthrough: true }) reply: { status(code: number): unknown },
  ): Promise<ImportBooksAnswer> {
    const answer = await this.importer.importDrafts(new Date(), (tx, drafts) =>
      auditBooks(tx, this.bus, caller, 'book.imported', drafts),
    )
    this.bus.committed()
    reply.status(answer.drafts.length > 0 ? 201 : 200)
    return answer
  }

  async #find(db: Queryable, book: BookSide, version: number): Promise<BookVersionDetail> {
    const found = await this.books.find(db, book, version)
    if (found === undefined)
      throw new ProblemException(404, 'book.version_not_found', `The ${book} book has no version ${version}.`)
    return found
  }
}

/** These operations mean something without a body, so none needs to be sent. */
function bodyOrDefault<T>(schema: z.ZodType<T>, request: RawRequest): T {
  return request.body.length === 0 ? parse(schema, {}, 'body') : readJson(schema, request)
}

function positionOf(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined
  if (!/^\d{1,9}$/.test(cursor))
    throw new ProblemException(400, 'request.invalid', 'cursor: the next_cursor of an earlier answer')
  return Number(cursor)
}

/** Of `limit` + 1 items, the first `limit`, and a cursor if there was one more. */
function page<Item>(items: Item[], limit: number, position: (last: Item) => number) {
  const data = items.slice(0, limit)
  return { data, next_cursor: items.length > limit ? String(position(data.at(-1)!)) : null }
}
