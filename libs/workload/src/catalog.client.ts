import { bookVersionDetailSchema, bookVersionListSchema, meterListSchema, type Meter } from '@portitor/contracts'
import { indexMeters } from '@portitor/metering'
import { compileBook, type BookSide, type CompiledBook } from '@portitor/pricing'
import type { Catalog } from './event-charges.ts'
import type { Portitor } from './portitor.client.ts'

/** 500 versions or meters a page. */
const pagesMax = 20

/** The meters, and the published versions of both books that hold some time of the span: what events of it are priced by. */
export async function readCatalog(portitor: Portitor, span: { firstMs: number; lastMs: number }): Promise<Catalog> {
  const meters: Meter[] = []
  for await (const page of pages((query) => portitor.get(meterListSchema, `/api/v1/meters?${query}`)))
    meters.push(...page)
  // A charge with tiers goes by the book in force when the month began.
  const fromMs = Date.parse(`${new Date(span.firstMs).toISOString().slice(0, 7)}-01T00:00:00Z`)
  const [price, cost] = await Promise.all(
    (['price', 'cost'] as const).map((side) => readBooks(portitor, side, fromMs, span.lastMs)),
  )
  return { meters: indexMeters(meters), price: price!, cost: cost! }
}

async function readBooks(portitor: Portitor, side: BookSide, fromMs: number, toMs: number): Promise<CompiledBook[]> {
  const path = `/api/v1/pricing/books/${side}/versions`
  const books: CompiledBook[] = []
  for await (const page of pages((query) => portitor.get(bookVersionListSchema, `${path}?${query}`)))
    for (const { version, status, effective_from, effective_to } of page) {
      if (status !== 'published' || Date.parse(effective_from) > toMs) continue
      if (effective_to !== null && Date.parse(effective_to) <= fromMs) continue
      const { content } = await portitor.get(bookVersionDetailSchema, `${path}/${version}`)
      books.push(compileBook(side, version, content))
    }
  return books
}

interface Page<Item> {
  readonly data: Item[]
  readonly next_cursor: string | null
}

async function* pages<Item>(read: (query: string) => Promise<Page<Item>>): AsyncGenerator<Item[]> {
  let query = 'limit=500'
  for (let page = 0; page < pagesMax; page++) {
    const { data, next_cursor } = await read(query)
    yield data
    if (next_cursor === null) return
    query = `limit=500&cursor=${encodeURIComponent(next_cursor)}`
  }
  throw new Error(`the catalogue has more than ${pagesMax * 500} entries: it cannot be read as a whole`)
}
