import { Controller, Get, HttpCode, Inject, Post, Put } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import {
  type BookContent,
  type BookSide,
  type BookVersionDetail,
  type BookVersionSummary,
  bookPathSchema,
  bookVersionPathSchema,
  diffBookQuerySchema,
  draftBookSchema,
  listBookVersionsQuerySchema,
  publishBookSchema,
  type ReviewVersion,
  reviewVersionSchema,
  rollbackVersionSchema,
} from '@portitor/contracts'
import { Database } from '@portitor/postgres'
import { Caller, JsonBody, Path, ProblemException, Query, RawRequest } from '@portitor/service'
import type { z } from 'zod'
import { BooksStore } from './books.store.ts'
import { currencyInUse } from './catalog-head.store.ts'
import { checkBook } from './check-book.ts'
import { diffPage } from './diff-page.ts'
import { MetersStore } from './meters.store.ts'
import { FOUR_EYES } from './versions/four-eyes.ts'
import { bodyOrDefault, NEWEST, pageOfItems, positionOf } from './versions/request-parts.ts'
import { VersionChanges } from './versions/version-changes.ts'

type BookPath = z.infer<typeof bookPathSchema>
type VersionPath = z.infer<typeof bookVersionPathSchema>

/** The price and the cost book. Operators only; drafts are judged as a whole before they are stored. */
@Controller('/api/v1/pricing/books')
export class BooksController {
  readonly #changes: VersionChanges<BookSide, BookContent, BookVersionSummary, BookVersionDetail>

  constructor(
    @Inject(Database) readonly database: Database,
    @Inject(Bus) bus: Bus,
    @Inject(BooksStore) readonly books: BooksStore,
    @Inject(MetersStore) meters: MetersStore,
    @Inject(FOUR_EYES) fourEyes: boolean,
  ) {
    this.#changes = new VersionChanges<BookSide, BookContent, BookVersionSummary, BookVersionDetail>({
      database,
      bus,
      store: books,
      fourEyes,
      check: async (tx, book, content) =>
        checkBook(book, content, { meters: await meters.all(tx), currency: await currencyInUse(tx) }),
    })
  }

  @Get(':book/versions')
  async list(
    @Path(bookPathSchema) { book }: BookPath,
    @Query(listBookVersionsQuerySchema) query: z.infer<typeof listBookVersionsQuerySchema>,
  ) {
    const before = positionOf(query.cursor) ?? NEWEST
    const data = await this.books.list(this.database, book, { before, limit: query.limit + 1 })
    return pageOfItems(data, query.limit, (last) => last.version)
  }

  @Get(':book/versions/:version')
  async read(@Path(bookVersionPathSchema) { book, version }: VersionPath): Promise<BookVersionDetail> {
    return this.#changes.find(this.database, book, version)
  }

  @Post(':book/versions')
  async draft(
    @Caller() caller: Caller,
    @Path(bookPathSchema) { book }: BookPath,
    @JsonBody(draftBookSchema) body: z.infer<typeof draftBookSchema>,
  ): Promise<BookVersionSummary> {
    return this.#changes.draft(caller, book, body)
  }

  @Put(':book/versions/:version')
  async change(
    @Caller() caller: Caller,
    @Path(bookVersionPathSchema) { book, version }: VersionPath,
    @JsonBody(draftBookSchema) body: z.infer<typeof draftBookSchema>,
  ): Promise<BookVersionSummary> {
    return this.#changes.replace(caller, book, version, body)
  }

  @Post(':book/versions/:version/review')
  @HttpCode(200)
  async review(
    @Caller() caller: Caller,
    @Path(bookVersionPathSchema) { book, version }: VersionPath,
    @JsonBody(reviewVersionSchema) body: ReviewVersion,
  ): Promise<BookVersionSummary> {
    return this.#changes.review(caller, book, version, body)
  }

  @Post(':book/versions/:version/publish')
  @HttpCode(200)
  async publish(
    @Caller() caller: Caller,
    @Path(bookVersionPathSchema) { book, version }: VersionPath,
    @RawRequest() request: RawRequest,
  ): Promise<BookVersionSummary> {
    return this.#changes.publish(caller, book, version, bodyOrDefault(publishBookSchema, request))
  }

  @Get(':book/versions/:version/diff')
  async diff(
    @Path(bookVersionPathSchema) { book, version }: VersionPath,
    @Query(diffBookQuerySchema) query: z.infer<typeof diffBookQuerySchema>,
  ) {
    const from = query.from ?? version - 1
    if (from === 0)
      throw new ProblemException(400, 'book.nothing_before', 'There is no version before 1: name another with ?from=.')
    const earlier = await this.#changes.find(this.database, book, from)
    const later = await this.#changes.find(this.database, book, version)
    return diffPage(earlier, later, { start: positionOf(query.cursor) ?? 0, limit: query.limit })
  }

  @Post(':book/versions/:version/rollback')
  async rollback(
    @Caller() caller: Caller,
    @Path(bookVersionPathSchema) { book, version }: VersionPath,
    @RawRequest() request: RawRequest,
  ): Promise<BookVersionSummary> {
    const { note } = bodyOrDefault(rollbackVersionSchema, request)
    const effective_from = new Date().toISOString()
    const again = (content: BookContent): BookContent => ({ ...content, effective_from, effective_to: null })
    return this.#changes.rollback(caller, book, version, { note, again })
  }
}
