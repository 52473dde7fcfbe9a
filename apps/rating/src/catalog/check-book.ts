import { type BookContent, type BookSide, isStorable, type Meter } from '@portitor/contracts'
import { compileBook } from '@portitor/pricing'
import { type BookProblem, contradiction, reported, unknownNames } from './check-charges.ts'

/**
 * judges the content of a draft, so that nothing can be published that would price wrongly or not at all. Compiling
 * finds what contradicts itself (tiers, bands, rows, names, patterns); what remains is what the book does not know of:
 * meters that do not exist, kinds that no event has (a misspelt one would be priced as its total), and another currency
 * than what is published has, as rated usage has one.
 */
export function checkBook(
  book: BookSide,
  content: BookContent,
  known: { meters: readonly Meter[]; currency: string | undefined },
): BookProblem[] {
  return reported([
    ...contradiction(() => compileBook(book, 1, content)),
    ...(known.currency === undefined || content.currency === known.currency
      ? []
      : [{ field: 'currency', expected: `${known.currency}, the currency of the published books` }]),
    ...(isStorable(content.source) ? [] : [{ field: 'source', expected: 'text without NUL' }]),
    ...unknownNames(content.charges, known.meters),
  ])
}
