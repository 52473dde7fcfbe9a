import type { Charge, Meter } from '@portitor/contracts'
import { BookInvalid, partsOf } from '@portitor/pricing'

/** What is wrong with a book or a plan beyond its schema: the field, and what is expected of it. */
export interface BookProblem {
  readonly field: string
  readonly expected: string
}

const problemsMax = 20

/** No currency is so weak that a token costs this many of it: a rate above is a slip of the point. Per million tokens. */
const tokenRateMax = 10n ** 9n

/** At most 20, with the path that a client knows. */
export function reported(problems: readonly BookProblem[]): BookProblem[] {
  return problems.slice(0, problemsMax).map(({ field, expected }) => ({ field: `content.${field}`, expected }))
}

/** What contradicts itself: tiers, bands, rows, names, patterns, aliases, rates beyond what an amount holds. Compiling finds the first. */
export function contradiction(compile: () => unknown): BookProblem[] {
  try {
    compile()
    return []
  } catch (error) {
    if (!(error instanceof BookInvalid)) throw error
    return [{ field: error.field.replace(/\.(\d+)/g, '[$1]'), expected: error.problem }]
  }
}

/** What no charge knows of by itself: meters that do not exist, kinds that no event has, and rates that no provider ever asked. */
export function unknownNames(charges: readonly Charge[], meters: readonly Meter[]): BookProblem[] {
  const names = meters.map(({ name }) => name)
  return charges.flatMap((charge, index) => [
    ...unknownMeters(charge, `charges[${index}]`, names),
    ...unfitRates(charge, `charges[${index}]`),
  ])
}

function unknownMeters(charge: Charge, at: string, names: readonly string[]): BookProblem[] {
  return charge.meters.flatMap((meter, index) =>
    isMetered(meter, names) ? [] : [{ field: `${at}.meters[${index}]`, expected: meterExpected }],
  )
}

export const meterExpected = 'the name of a meter that exists; GET /api/v1/meters lists them'

/** `outcome:*` covers itself and `outcome:meeting_booked`. */
export function isMetered(meter: string, names: readonly string[]): boolean {
  return names.some((name) => name === meter || (name.endsWith(':*') && meter.startsWith(name.slice(0, -1))))
}

/** A row may have rates of the matrix's meters, of their parts, and of `requests`, which a matrix counts by itself. */
function unfitRates(charge: Charge, at: string): BookProblem[] {
  if (charge.price.model !== 'matrix') return []
  const kinds = new Set(['requests', ...charge.meters.flatMap((meter) => [meter, ...partsOf(meter)])])
  return charge.price.rows.flatMap((row, rowIndex) =>
    row.bands.flatMap((band, bandIndex) =>
      Object.entries(band.rates).flatMap(([kind, rate]) => {
        const field = `${at}.price.rows[${rowIndex}].bands[${bandIndex}].rates.${kind.slice(0, 64)}`
        if (!kinds.has(kind)) return [{ field, expected: `one of ${[...kinds].join(', ')}` }]
        return kind !== 'requests' && isAbsurd(rate)
          ? [{ field, expected: `a rate per million of at most ${tokenRateMax}: ${rate} would be a slip of the point` }]
          : []
      }),
    ),
  )
}

function isAbsurd(rate: string): boolean {
  const [whole] = rate.split('.')
  return /^\d+$/.test(whole!) && BigInt(whole!) >= tokenRateMax
}
