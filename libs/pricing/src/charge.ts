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
  /** The tier is sold in packages of so many units, rounded up; `rate` is then the price of a package. */
  readonly package_size?: string | undefined
}

interface TieredPrice {
  readonly per: string
  readonly tiers: readonly Tier[]
  /** `every_period`: the first tier's flat amount is a fee of the period, owed at zero usage too. Default: when usage enters it. */
  readonly first_flat?: 'on_entry' | 'every_period' | undefined
}

/** Each tier prices the quantity that falls into it. */
export interface GraduatedPrice extends TieredPrice {
  readonly model: 'graduated'
}

/** The tier that holds the total prices all of it; the amount can fall where a tier begins. */
export interface VolumePrice extends TieredPrice {
  readonly model: 'volume'
  /** `whole_units` finds the tier by the total rounded up, and prices the true total. Default: `quantity`. */
  readonly tier_by?: 'quantity' | 'whole_units' | undefined
}

/** Whole packages, each started one owed in full. */
export interface PackagePrice {
  readonly model: 'package'
  readonly size: string
  readonly amount: string
  /** Units of the period that open no package. */
  readonly free_units?: string | undefined
}

/** A fee of the period; no usage moves it. */
export interface FlatPrice {
  readonly model: 'flat'
  readonly amount: string
  readonly due: 'in_advance' | 'in_arrears'
}

/** A fee of the period by its peaks: that of the lowest tier whose every limit holds; null is no limit. Due in arrears. */
export interface CapacityPrice {
  readonly model: 'capacity'
  readonly tiers: readonly { readonly amount: string; readonly limits: Readonly<Record<string, string | null>> }[]
}

export type FeePrice = FlatPrice | CapacityPrice

/** What an amount of one event is clamped to, in units of the currency. */
interface EventBounds {
  readonly event_min?: string | undefined
  readonly event_max?: string | undefined
}

/** A share of each event's value, and a fixed part for each event. */
export interface PercentagePrice extends EventBounds {
  readonly model: 'percentage'
  readonly percent: string
  readonly fixed?: string | undefined
  /** The first events of the period are free. */
  readonly free_events?: number | undefined
  /** The first value of the period is free; the event that uses it up owes for the rest, and the fixed part. */
  readonly free_value?: string | undefined
}

/** The event carries its price. */
export interface DynamicPrice extends EventBounds {
  readonly model: 'dynamic'
  readonly multiplier: string
}

/** What the provider charges for the event, and a margin on it: the most specific margin holds, an explicit 0 included. */
export interface CostPlusPrice extends EventBounds {
  readonly model: 'cost_plus'
  readonly margin_percent: string
  readonly margins?:
    | readonly {
        readonly provider?: string | undefined
        readonly model?: string | undefined
        readonly margin_percent: string
      }[]
    | undefined
}

/** A fixed amount for each qualified outcome, a share of its value, or both. */
export interface OutcomePrice extends EventBounds {
  readonly model: 'outcome'
  readonly amount?: string | undefined
  readonly share_percent?: string | undefined
  /** An outcome of lower quality does not qualify. */
  readonly quality_min?: string | undefined
  /** So long after the outcome a dispute takes the amount back. */
  readonly dispute_days: number
}

/** Graduated over seats that come and go: each step owes for the share of the period that it lasts. */
export interface ProratedGraduatedPrice {
  readonly model: 'prorated_graduated'
  readonly per: string
  readonly tiers: readonly Tier[]
}

/** Prices whose amount follows from the total alone. */
export type TotalPrice = PerUnitPrice | GraduatedPrice | VolumePrice | PackagePrice
/** Prices whose amount follows from the events one by one, in the order (time, id). */
export type EventPrice = PercentagePrice | DynamicPrice | CostPlusPrice | OutcomePrice | ProratedGraduatedPrice

/** What happens to a total before F: converted, rounded, freed of its allowance, in this order. */
export interface QuantityRule {
  readonly convert?: { readonly by: 'multiply' | 'divide'; readonly factor: string } | undefined
  /** To a multiple of `to` converted units. */
  readonly round?: { readonly mode: 'up' | 'down' | 'half'; readonly to: string } | undefined
  /** Converted units of the period that are free: of the workspace in all, or of each agent. */
  readonly free?: { readonly units: string; readonly per: 'workspace' | 'agent' } | undefined
  /** A total below zero owes the negative of its mirror (a refund), or nothing. Default: `mirror`. */
  readonly below_zero?: 'mirror' | 'zero' | undefined
}

/** What happens to an amount after F, in this order; the minimum is settled when the period closes. */
export interface AmountRule {
  readonly discount_percent?: string | undefined
  readonly max?: string | undefined
  readonly min?: { readonly amount: string; readonly prorated?: boolean | undefined } | undefined
}

/** A total price with its rules, as plain data. `credit_rate` is what one unit of the charge's currency is worth in the book's. */
export interface ComposedPrice {
  readonly model: 'composed'
  readonly price: TotalPrice
  readonly quantity?: QuantityRule | undefined
  readonly amount?: AmountRule | undefined
  readonly credit_rate?: string | undefined
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
  /** Only for events whose attributes equal these: region, service class, whatever else. The row that asks for most holds. */
  readonly dimensions?: Readonly<Record<string, string>> | undefined
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
  /** The meters make one total, such as input and output tokens under one allowance. Default: a total each. */
  readonly together?: boolean | undefined
  /** Whose total it is. Default: the workspace's. */
  readonly scope?: 'workspace' | 'agent' | undefined
  readonly quantity?: QuantityRule | undefined
  readonly price: TotalPrice | EventPrice | MatrixPrice
  readonly amount?: AmountRule | undefined
  /** The book's currency, or one of its credits. Default: the book's. */
  readonly currency?: string | undefined
}

/** A virtual currency: charges may be in it, and one of it is worth `rate` of the book's currency. */
export interface Credit {
  readonly id: string
  readonly rate: string
}

export interface BookContent {
  readonly currency: string
  readonly effective_from: string
  readonly effective_to: string | null
  readonly source: string
  readonly source_date: string
  readonly credits?: readonly Credit[] | undefined
  /** When the tiers of this version begin to hold if it takes effect inside of a period. Default: `next_period`. */
  readonly mid_period?: 'next_period' | 'at_once' | undefined
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
