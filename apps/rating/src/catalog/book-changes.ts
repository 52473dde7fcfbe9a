import type { Bus } from '@portitor/bus'
import type { BookContent, BookSide, BookVersionDetail, BookVersionSummary } from '@portitor/contracts'
import type { Database } from '@portitor/postgres'
import type { BooksStore } from './books.store.ts'
import { currencyInUse } from './catalog-head.store.ts'
import { checkBook } from './check-book.ts'
import type { MetersStore } from './meters.store.ts'
import { VersionChanges } from '../versions/version-changes.ts'

export type BookChanges = VersionChanges<BookSide, BookContent, BookVersionSummary, BookVersionDetail>

/** The injection token of `BookChanges`. */
export const BOOK_CHANGES = Symbol('what can be done to the versions of a book')

export function bookChanges(
  database: Database,
  bus: Bus,
  books: BooksStore,
  meters: MetersStore,
  fourEyes: boolean,
): BookChanges {
  return new VersionChanges<BookSide, BookContent, BookVersionSummary, BookVersionDetail>({
    database,
    bus,
    store: books,
    fourEyes,
    check: async (tx, book, content) =>
      checkBook(book, content, { meters: await meters.all(tx), currency: await currencyInUse(tx) }),
  })
}
