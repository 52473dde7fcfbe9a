import type { BookContent, BookSide, Charge, Meter } from '@portitor/contracts'
import { BookInvalid, compileBook, partsOf } from '@portitor/pricing'

/** What is wrong with a book beyond its schema: the field, and what is expected of it. */
export interface BookProblem {
  readonly field: string
  readonly expected: string
}

const problemsMax = 20

/**
 * judges the content of a draft, so that nothing can be published that would price wrongly or not at all. Compiling
 * finds what contradicts itself (tiers, bands, rows, names, patterns); what remains is what the book does not know of:
 * meters that do not exist, kinds that no event has (a misspelt one would be priced as its total), and another currency
 * than the published books have, as rated usage has one.
 */
export function checkBook(
  book: BookSide,
  content: BookContent,
  known: { meters: readonly Meter[]; currency: string | undefined },
): BookProblem[] {
  const names = known.meters.map(({ name }) => name)
  const problems = [
    ...contradiction(book, content),
    ...(known.currency === undefined || content.currency === known.currency
      ? []
      : [{ field: 'currency', expected: `${known.currency}, the currency of the published books` }]),
    ...content.charges.flatMap((charge, index) => [
      ...unknownMeters(charge, `charges[${index}]`, names),
      ...unknownKinds(charge, `charges[${index}]`),
    ]),
  ]
  return problems.slice(0, problemsMax).map(({ field, expected }) => ({ field: `content.${field}`, expected }))
}

function contradiction(book: BookSide, content: BookContent): BookProblem[] {
  try {
    compileBook(book, 1, content)
    return []
  } catch (error) {
    if (!(error instanceof BookInvalid)) throw error
    return [{ field: error.field.replace(/\.(\d+)/g, '[$1]'), expected: error.problem }]
  }
}

function unknownMeters(charge: Charge, at: string, names: readonly string[]): BookProblem[] {
  return charge.meters.flatMap((meter, index) =>
    names.some((name) => covers(name, meter))
      ? []
      : [
          {
            field: `${at}.meters[${index}]`,
            expected: 'the name of a meter that exists; GET /api/v1/meters lists them',
          },
        ],
  )
}

/** `outcome:*` covers itself and `outcome:meeting_booked`. */
function covers(name: string, meter: string): boolean {
  return name === meter || (name.endsWith(':*') && meter.startsWith(name.slice(0, -1)))
}

/** A row may have rates of the matrix's meters, of their parts, and of `requests`, which a matrix counts by itself. */
function unknownKinds(charge: Charge, at: string): BookProblem[] {
  if (charge.price.model !== 'matrix') return []
  const kinds = new Set(['requests', ...charge.meters.flatMap((meter) => [meter, ...partsOf(meter)])])
  return charge.price.rows.flatMap((row, rowIndex) =>
    row.bands.flatMap((band, bandIndex) =>
      Object.keys(band.rates)
        .filter((kind) => !kinds.has(kind))
        .map((kind) => ({
          field: `${at}.price.rows[${rowIndex}].bands[${bandIndex}].rates.${kind.slice(0, 64)}`,
          expected: `one of ${[...kinds].join(', ')}`,
        })),
    ),
  )
}
