import { Controller, Get, HttpCode, Inject, Post, Put } from '@nestjs/common'
import {
  type BookContent,
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
import { BOOK_CHANGES, type BookChanges } from './book-changes.ts'
import { BooksStore } from './books.store.ts'
import { diffPage } from './diff-page.ts'
import { bodyOrDefault, NEWEST, pageOfItems, positionOf, readKey } from '../versions/request-parts.ts'

type BookPath = z.infer<typeof bookPathSchema>
type VersionPath = z.infer<typeof bookVersionPathSchema>

/** The price and the cost book. Operators only; drafts are judged as a whole before they are stored. */
@Controller('/api/v1/pricing/books')
export class BooksController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(BooksStore) private readonly books: BooksStore,
    @Inject(BOOK_CHANGES) private readonly changes: BookChanges,
  ) {}

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
    return this.changes.find(this.database, book, version)
  }

  @Post(':book/versions')
  async draft(
    @Caller() caller: Caller,
    @Path(bookPathSchema) { book }: BookPath,
    @JsonBody(draftBookSchema) body: z.infer<typeof draftBookSchema>,
    @RawRequest() { headers }: RawRequest,
  ): Promise<BookVersionSummary> {
    return this.changes.draft(caller, book, body, readKey('idempotency-key', headers['idempotency-key']))
  }

  @Put(':book/versions/:version')
  async change(
    @Caller() caller: Caller,
    @Path(bookVersionPathSchema) { book, version }: VersionPath,
    @JsonBody(draftBookSchema) body: z.infer<typeof draftBookSchema>,
  ): Promise<BookVersionSummary> {
    return this.changes.replace(caller, book, version, body)
  }

  @Post(':book/versions/:version/review')
  @HttpCode(200)
  async review(
    @Caller() caller: Caller,
    @Path(bookVersionPathSchema) { book, version }: VersionPath,
    @JsonBody(reviewVersionSchema) body: ReviewVersion,
  ): Promise<BookVersionSummary> {
    return this.changes.review(caller, book, version, body)
  }

  @Post(':book/versions/:version/publish')
  @HttpCode(200)
  async publish(
    @Caller() caller: Caller,
    @Path(bookVersionPathSchema) { book, version }: VersionPath,
    @RawRequest() request: RawRequest,
  ): Promise<BookVersionSummary> {
    return this.changes.publish(caller, book, version, bodyOrDefault(publishBookSchema, request))
  }

  @Get(':book/versions/:version/diff')
  async diff(
    @Path(bookVersionPathSchema) { book, version }: VersionPath,
    @Query(diffBookQuerySchema) query: z.infer<typeof diffBookQuerySchema>,
  ) {
    const from = query.from ?? version - 1
    if (from === 0)
      throw new ProblemException(400, 'book.nothing_before', 'There is no version before 1: name another with ?from=.')
    const earlier = await this.changes.find(this.database, book, from)
    const later = await this.changes.find(this.database, book, version)
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
    return this.changes.rollback(caller, book, version, { note, again })
  }
}
