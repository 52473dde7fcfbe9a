import { quantityOfInteger, type Rational } from '@portitor/money'
import { BoundedMemo } from './bounded-memo.ts'
import { BookInvalid, type MatchClause, type MatrixPrice, type MatrixRow, type ModelName } from './charge.ts'
import { compileMatch, type NameMatcher } from './match-clause.ts'
import { compilePerUnit, type PerUnit } from './per-unit.ts'
import { readRate, scaledRate } from './read-rate.ts'

const memoEntriesMax = 10_000
const perMillion = '1000000'

/** A matrix with its rates resolved and its names ready to be matched. Names are in lower case but in `row.provider` and `row.model`. */
export interface CompiledMatrix {
  readonly providers: readonly CompiledProvider[]
  readonly aliases: ReadonlyMap<string, readonly { readonly provider: string | undefined; readonly row: CompiledRow }[]>
  readonly fallback: CompiledRow | undefined
  /** The attributes that some row asks for. */
  readonly dimensions: readonly string[]
  /** Rows found for names as sent; null where there is none. */
  readonly memo: BoundedMemo<CompiledRow | null>
}

export interface CompiledProvider {
  readonly id: string
  readonly matches: NameMatcher | undefined
  readonly matchesModel: NameMatcher | undefined
  /** By the model's name in lower case, in the book's order. */
  readonly rows: Map<string, CompiledRow>
}

export interface CompiledRow extends ModelName {
  readonly match: MatchClause
  readonly matches: NameMatcher
  /** The row's variants by dimension, those that ask for most first. */
  readonly variants: CompiledVariant[]
}

export interface CompiledVariant {
  readonly dimensions: readonly (readonly [attribute: string, value: string])[]
  /** Descending by `inputOver`; the last holds from 0. */
  readonly bands: readonly CompiledBand[]
}

export interface CompiledBand {
  /** In 10⁻⁹ units of input tokens. */
  readonly inputOver: bigint
  readonly group: string
  readonly rates: ReadonlyMap<string, PerUnit>
}

const one: Rational = { numerator: 1n, denominator: 1n }

/**
 * Throws `BookInvalid` where rows repeat, bands do not ascend from 0, an alias or the fallback names no row, or aliases
 * run in a circle. Every rate is multiplied by `factor`: a discount, or what a credit is worth.
 */
export function compileMatrix(price: MatrixPrice, field: string, factor = one): CompiledMatrix {
  const providers = new Map<string, CompiledProvider>()
  for (const [index, provider] of price.providers.entries()) {
    const id = provider.id.toLowerCase()
    const at = `${field}.providers.${index}`
    if (providers.has(id)) throw new BookInvalid(`${at}.id`, `${provider.id} stands twice`)
    const matches = provider.match && compileMatch(provider.match, `${at}.match`)
    const matchesModel = provider.model_match && compileMatch(provider.model_match, `${at}.model_match`)
    providers.set(id, { id, matches, matchesModel, rows: new Map() })
  }
  for (const [index, row] of price.rows.entries()) {
    const id = row.provider.toLowerCase()
    const provider = providers.get(id) ?? { id, matches: undefined, matchesModel: undefined, rows: new Map() }
    providers.set(id, provider)
    addVariant(provider.rows, row, `${field}.rows.${index}`, factor)
  }
  const target = (name: ModelName, at: string): CompiledRow => {
    const row = rowOf(providers.get(name.provider.toLowerCase()), name.model.toLowerCase())
    if (row === undefined) throw new BookInvalid(at, `no row prices ${name.provider}/${name.model}`)
    return row
  }
  const aliases = new Map<string, { provider: string | undefined; row: CompiledRow }[]>()
  for (const [index, alias] of price.aliases.entries()) {
    const same = aliases.get(alias.model.toLowerCase()) ?? []
    checkCircle(price.aliases, index, `${field}.aliases.${index}.as`)
    const row = target(alias.as, `${field}.aliases.${index}.as`)
    aliases.set(alias.model.toLowerCase(), [...same, { provider: alias.provider?.toLowerCase(), row }])
  }
  return {
    providers: [...providers.values()],
    aliases,
    fallback: price.fallback && target(price.fallback, `${field}.fallback`),
    dimensions: [...new Set(price.rows.flatMap((row) => Object.keys(row.dimensions ?? {})))],
    memo: new BoundedMemo(memoEntriesMax),
  }
}

/** The provider's row of exactly this name, else the first whose clause matches it. */
export function rowOf(provider: CompiledProvider | undefined, model: string): CompiledRow | undefined {
  const named = provider?.rows.get(model)
  if (provider === undefined || named !== undefined) return named
  for (const row of provider.rows.values()) if (row.matches(model)) return row
  return undefined
}

/** A row and its dimensions are a segment's name: two of one name would be two functions F over one counter. */
function addVariant(rows: Map<string, CompiledRow>, row: MatrixRow, field: string, factor: Rational): void {
  const dimensions = Object.entries(row.dimensions ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  const suffix = dimensions.map(([attribute, value]) => `;${attribute}=${value}`).join('')
  const name = `${row.provider}/${row.model}${suffix}`
  const variant: CompiledVariant = { dimensions, bands: compileBands(row, name, field, factor) }
  const known = rows.get(row.model.toLowerCase())
  if (known === undefined) {
    const matches = compileMatch(row.match, `${field}.match`)
    rows.set(row.model.toLowerCase(), {
      provider: row.provider,
      model: row.model,
      match: row.match,
      matches,
      variants: [variant],
    })
    return
  }
  if (known.variants.some((other) => JSON.stringify(other.dimensions) === JSON.stringify(dimensions)))
    throw new BookInvalid(field, `${name} stands twice`)
  const twin = known.variants.find((other) => overlaps(other.dimensions, dimensions))
  if (twin !== undefined)
    throw new BookInvalid(
      `${field}.dimensions`,
      'another row asks for as many and can hold for the same event: say which comes first by one more dimension',
    )
  if (JSON.stringify(known.match) !== JSON.stringify(row.match))
    throw new BookInvalid(`${field}.match`, `is the same in every row of ${row.provider}/${row.model}`)
  known.variants.push(variant)
  known.variants.sort((a, b) => b.dimensions.length - a.dimensions.length)
}

/** Both could hold for one event, and neither asks for more. */
function overlaps(left: CompiledVariant['dimensions'], right: CompiledVariant['dimensions']): boolean {
  const values = new Map(left)
  return left.length === right.length && right.every(([name, value]) => (values.get(name) ?? value) === value)
}

function compileBands(row: MatrixRow, name: string, field: string, factor: Rational): CompiledBand[] {
  const bands: CompiledBand[] = []
  let rates = new Map<string, PerUnit>()
  for (const [index, band] of row.bands.entries()) {
    const below = row.bands[index - 1]
    const at = `${field}.bands.${index}`
    if (below === undefined ? band.input_over !== 0 : band.input_over <= below.input_over)
      throw new BookInvalid(`${at}.input_over`, 'bands ascend, and the first begins at 0')
    rates = new Map(rates)
    for (const [kind, rate] of Object.entries(band.rates)) {
      readRate(rate, `${at}.rates.${kind}`, 1_000_000n)
      rates.set(kind, compilePerUnit(scaledRate(rate, factor, `${at}.rates.${kind}`), perMillion))
    }
    bands.unshift({ inputOver: quantityOfInteger(band.input_over), group: `${name}@${band.input_over}`, rates })
  }
  return bands
}

/** An alias stands for a row at once: one that leads to another alias, and so back to itself, prices nothing. */
function checkCircle(aliases: MatrixPrice['aliases'], start: number, field: string): void {
  const seen = [start]
  for (let current = aliases[start]!; ;) {
    const next = aliases.findIndex(
      (other) =>
        other.model.toLowerCase() === current.as.model.toLowerCase() &&
        (other.provider === undefined || other.provider.toLowerCase() === current.as.provider.toLowerCase()),
    )
    // A name that stands for the row of its own name says only whose row it is.
    if (next === -1 || next === seen.at(-1)) return
    if (seen.includes(next)) {
      const names = [...seen, next].map((index) => aliases[index]!.model).join(' → ')
      throw new BookInvalid(field, `aliases run in a circle: ${names}`)
    }
    seen.push(next)
    current = aliases[next]!
  }
}
