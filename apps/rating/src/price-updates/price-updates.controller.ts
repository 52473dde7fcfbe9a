import { Controller, Inject, Post, Res } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import {
  type BookContent,
  type BookVersionDetail,
  bookPathSchema,
  type PriceUpdate,
  type PriceUpdateAnswer,
  priceUpdateSchema,
} from '@portitor/contracts'
import { Database } from '@portitor/postgres'
import { Caller, Path, ProblemException, RawRequest, readJson } from '@portitor/service'
import type { z } from 'zod'
import { BOOK_CHANGES, type BookChanges } from '../catalog/book-changes.ts'
import { refusalOf } from '../catalog/book-refusal.ts'
import { BooksStore } from '../catalog/books.store.ts'
import { lockCatalog } from '../catalog/catalog-head.store.ts'
import { diffPage } from '../catalog/diff-page.ts'
import { once } from '../catalog/kept-answers.store.ts'
import { readKey } from '../versions/request-parts.ts'
import { updateRates } from './update-rates.ts'
import { verifyWebhook } from './verify-webhook.ts'

/** The injection token of `PORTITOR_PRICE_WEBHOOK_SECRET`; undefined where updates need no signature. */
export const PRICE_WEBHOOK_SECRET = Symbol('what price updates are signed with')

const changesMax = 500
const keptHours = 30 * 24

/** News of prices from outside (R-5): a draft with its diff, for people to look at. Operators only, signed where there is a secret. */
@Controller('/api/v1/pricing/books')
export class PriceUpdatesController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Bus) private readonly bus: Bus,
    @Inject(BooksStore) private readonly books: BooksStore,
    @Inject(BOOK_CHANGES) private readonly changes: BookChanges,
    @Inject(PRICE_WEBHOOK_SECRET) private readonly secret: string | undefined,
  ) {}

  @Post(':book/updates')
  async update(
    @Caller() caller: Caller,
    @Path(bookPathSchema) { book }: z.infer<typeof bookPathSchema>,
    @RawRequest() request: RawRequest,
    @Res({ passthrough: true }) reply: { status(code: number): unknown },
  ): Promise<PriceUpdateAnswer> {
    const at = new Date()
    this.#verify(request, at)
    const key = readKey('webhook-id', request.headers['webhook-id'])
    const body = readJson(priceUpdateSchema, request)
    const { answer } = await this.database.transaction(async (tx) => {
      await lockCatalog(tx)
      return once(tx, { operation: `webhook book:${book}`, key, body, keptHours, at }, async () => {
        const published = await this.books.newestPublished(tx, book)
        if (published === undefined)
          throw new ProblemException(404, 'book.version_not_found', `The ${book} book has no published version.`)
        const content = contentOf(body, published.content, at)
        if (saysTheSame(content, published.content))
          return { draft: null, diff: diffPage(published, published, { start: 0, limit: changesMax }) }
        const note = body.note === '' ? `Price update${key === undefined ? '' : ` ${key}`}` : body.note
        const draft = await this.changes.makeDraft(tx, caller, 'book.update_received', book, { note, content })
        const later: BookVersionDetail = { ...draft, content }
        return { draft, diff: diffPage(published, later, { start: 0, limit: changesMax }) }
      })
    })
    this.bus.committed()
    reply.status(answer.draft === null ? 200 : 201)
    return answer
  }

  #verify({ headers, body }: RawRequest, at: Date): void {
    if (this.secret === undefined) return
    const call = {
      id: headers['webhook-id'],
      timestamp: headers['webhook-timestamp'],
      signature: headers['webhook-signature'],
      body,
    }
    const refused = verifyWebhook(call, this.secret, at.getTime())
    if (refused !== undefined) throw new ProblemException(403, refused.code, refused.detail)
  }
}

function contentOf(update: PriceUpdate, published: BookContent, at: Date): BookContent {
  if (update.content !== undefined) return update.content
  const made = updateRates(published, update.rates ?? [])
  if ('problems' in made) throw refusalOf('request.invalid', made.problems.slice(0, 20))
  return {
    ...made.content,
    source: update.source ?? 'a price update',
    source_date: at.toISOString(),
    effective_from: update.effective_from ?? at.toISOString(),
    effective_to: null,
  }
}

/** Where from and since when aside: a sender that repeats itself every day makes no draft a day. */
function saysTheSame(left: BookContent, right: BookContent): boolean {
  const said = ({ currency, credits, charges }: BookContent) => JSON.stringify([currency, credits, charges])
  return said(left) === said(right)
}
