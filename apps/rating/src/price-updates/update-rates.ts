import type { BookContent, ChangedRate, Charge } from '@portitor/contracts'
import type { BookProblem } from '../catalog/check-charges.ts'

type Matrix = Extract<Charge['price'], { model: 'matrix' }>
type Band = Matrix['rows'][number]['bands'][number]

/**
 * a book with some rates changed and nothing else. Each change names a model, a kind and a band that the book has; a kind that
 * the band lacks is added to it. Problems name the change (`rates[3].model`): a model that the book does not have needs its names
 * and bands too, so it comes with a whole content. Nothing of `book` is written to.
 */
export function updateRates(
  book: BookContent,
  changes: readonly ChangedRate[],
): { readonly content: BookContent } | { readonly problems: readonly BookProblem[] } {
  const content = structuredClone(book)
  const seen = new Set<string>()
  const problems = changes.flatMap((change, index): BookProblem[] => {
    const at = `rates[${index}]`
    const name = JSON.stringify([nameOf(change.provider, change.model), change.kind, change.input_over])
    if (seen.has(name)) return [{ field: at, expected: 'each rate once' }]
    seen.add(name)
    const rows = rowsOf(content, change)
    if (rows.length === 0)
      return [
        { field: `${at}.model`, expected: `a model of ${change.provider} that the book has; send new ones as content` },
      ]
    const bands = rows.flatMap((row) => row.bands.filter(({ input_over }) => input_over === change.input_over))
    if (bands.length === 0)
      return [
        { field: `${at}.input_over`, expected: `one of ${rows[0]!.bands.map((band) => band.input_over).join(', ')}` },
      ]
    for (const band of bands) setRate(band, change)
    return []
  })
  return problems.length > 0 ? { problems } : { content }
}

/** The rows of the model in every matrix; those for some dimensions only have prices of their own and stay. */
function rowsOf({ charges }: BookContent, { provider, model }: ChangedRate): Matrix['rows'] {
  return charges.flatMap(({ price }) =>
    price.model !== 'matrix'
      ? []
      : price.rows.filter(
          (row) => nameOf(row.provider, row.model) === nameOf(provider, model) && row.dimensions === undefined,
        ),
  )
}

/** Names are compared in lower case, as where usage is priced. */
function nameOf(provider: string, model: string): string {
  return JSON.stringify([provider.toLowerCase(), model.toLowerCase()])
}

/** Defined and not assigned: a kind may be called `__proto__`, and is refused later as one that no event has. */
function setRate({ rates }: Band, { kind, rate }: ChangedRate): void {
  Object.defineProperty(rates, kind, { value: rate, enumerable: true, configurable: true, writable: true })
}
