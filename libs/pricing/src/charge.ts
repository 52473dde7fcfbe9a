/**
 * What a price or cost book says, as plain types of this library's own. They are shaped like `BookContent` of
 * `@portitor/contracts`, so a parsed book can be passed as it is; the pure core knows no schema library.
 */
export type BookSide = 'price' | 'cost'

/** How a name is recognised; compared in lower case. */
export type MatchClause =
  | { readonly equals: string }
  | { readonly starts_with: string }
  | { readonly ends_with: string }
  | { readonly contains: string }
  | { readonly regex: string }
  | { readonly and: readonly MatchClause[] }
  | { readonly or: readonly MatchClause[] }

/** quantity × rate ÷ per. Rates are decimal text in units of the currency. */
export interface PerUnitPrice {
  readonly model: 'per_unit'
  readonly rate: string
  readonly per: string
}

export interface Tier {
  /** Inclusive; null for the last tier. */
  readonly up_to: string | null
  readonly rate: string
  /** Owed once, when the quantity enters the tier; the first tier is entered by the first usage. */
  readonly flat_amount?: string | undefined
}

/** Each tier prices the quantity that falls into it. */
export interface GraduatedPrice {
  readonly model: 'graduated'
  readonly per: string
  readonly tiers: readonly Tier[]
}

/** Rates (per million) that hold for the whole request once its input is larger than `input_over` tokens. */
export interface Band {
  readonly input_over: number
  readonly rates: Readonly<Record<string, string>>
}

export interface ModelName {
  readonly provider: string
  readonly model: string
}

export interface MatrixRow extends ModelName {
  readonly match: MatchClause
  readonly bands: readonly Band[]
}

export interface MatrixProvider {
  readonly id: string
  readonly match?: MatchClause | undefined
  readonly model_match?: MatchClause | undefined
}

export interface ModelAlias {
  readonly provider?: string | undefined
  readonly model: string
  readonly as: ModelName
}

/** Models × token kinds × context bands. */
export interface MatrixPrice {
  readonly model: 'matrix'
  readonly providers: readonly MatrixProvider[]
  readonly rows: readonly MatrixRow[]
  readonly aliases: readonly ModelAlias[]
  readonly fallback?: ModelName | undefined
}

export interface Charge {
  readonly id: string
  readonly meters: readonly string[]
  readonly filter?: Readonly<Record<string, string>> | undefined
  readonly price: PerUnitPrice | GraduatedPrice | MatrixPrice
}

export interface BookContent {
  readonly currency: string
  readonly effective_from: string
  readonly effective_to: string | null
  readonly source: string
  readonly source_date: string
  readonly charges: readonly Charge[]
}

/** A book contradicts itself. `field` says where; a draft with such a fault cannot be published. */
export class BookInvalid extends Error {
  override readonly name = 'BookInvalid'
  constructor(
    readonly field: string,
    readonly problem: string,
  ) {
    super(`${field}: ${problem}`)
  }
}
