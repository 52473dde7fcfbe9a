import { quantityOfInteger } from '@portitor/money'
import { BoundedMemo } from './bounded-memo.ts'
import { BookInvalid, type MatrixPrice, type MatrixRow, type ModelName } from './charge.ts'
import { compileMatch, type NameMatcher } from './match-clause.ts'
import { compilePerUnit, type PerUnit } from './per-unit.ts'

const memoEntriesMax = 10_000
const perMillion = '1000000'

/** A matrix with its rates resolved and its names ready to be matched. Names are in lower case but in `row.provider` and `row.model`. */
export interface CompiledMatrix {
  readonly providers: readonly CompiledProvider[]
  readonly aliases: ReadonlyMap<string, readonly { readonly provider: string | undefined; readonly row: CompiledRow }[]>
  readonly fallback: CompiledRow | undefined
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
  readonly matches: NameMatcher
  /** Descending by `inputOver`; the last holds from 0. */
  readonly bands: readonly CompiledBand[]
}

export interface CompiledBand {
  /** In 10⁻⁹ units of input tokens. */
  readonly inputOver: bigint
  readonly group: string
  readonly rates: ReadonlyMap<string, PerUnit>
}

/** Throws `BookInvalid` where rows repeat, bands do not ascend from 0, or an alias or the fallback names no row. */
export function compileMatrix(price: MatrixPrice, field: string): CompiledMatrix {
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
    // A row is a segment's name: two of one name would be two functions F over one counter.
    if (provider.rows.has(row.model.toLowerCase()))
      throw new BookInvalid(`${field}.rows.${index}`, `${row.provider}/${row.model} stands twice`)
    provider.rows.set(row.model.toLowerCase(), compileRow(row, `${field}.rows.${index}`))
  }
  const target = (name: ModelName, at: string): CompiledRow => {
    const row = rowOf(providers.get(name.provider.toLowerCase()), name.model.toLowerCase())
    if (row === undefined) throw new BookInvalid(at, `no row prices ${name.provider}/${name.model}`)
    return row
  }
  const aliases = new Map<string, { provider: string | undefined; row: CompiledRow }[]>()
  for (const [index, alias] of price.aliases.entries()) {
    const same = aliases.get(alias.model.toLowerCase()) ?? []
    const row = target(alias.as, `${field}.aliases.${index}.as`)
    aliases.set(alias.model.toLowerCase(), [...same, { provider: alias.provider?.toLowerCase(), row }])
  }
  return {
    providers: [...providers.values()],
    aliases,
    fallback: price.fallback && target(price.fallback, `${field}.fallback`),
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

function compileRow(row: MatrixRow, field: string): CompiledRow {
  const bands: CompiledBand[] = []
  let rates = new Map<string, PerUnit>()
  for (const [index, band] of row.bands.entries()) {
    const below = row.bands[index - 1]
    if (below === undefined ? band.input_over !== 0 : band.input_over <= below.input_over)
      throw new BookInvalid(`${field}.bands.${index}.input_over`, 'bands ascend, and the first begins at 0')
    rates = new Map(rates)
    for (const [kind, rate] of Object.entries(band.rates)) rates.set(kind, compilePerUnit(rate, perMillion))
    const group = `${row.provider}/${row.model}@${band.input_over}`
    bands.unshift({ inputOver: quantityOfInteger(band.input_over), group, rates })
  }
  return { provider: row.provider, model: row.model, matches: compileMatch(row.match, `${field}.match`), bands }
}
