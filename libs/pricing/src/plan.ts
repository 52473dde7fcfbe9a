import type { Charge, Credit, FeePrice } from './charge.ts'

/** Whom a fee is counted by. An agent is active that has at least one event in the period; a workflow likewise. */
type FeePer = 'workspace' | 'active_agent' | 'seat' | 'workflow'

export interface Fee {
  readonly id: string
  readonly per: FeePer
  readonly price: FeePrice
  /** Owed for the days billed only. Default: in full. */
  readonly prorated?: boolean | undefined
}

/** What a subscription is billed by: fees of the period, usage charges, and what it has committed to. Shaped like `PlanContent` of `@portitor/contracts`. */
export interface Plan {
  readonly id: string
  readonly name: string
  readonly currency: string
  readonly fees: readonly Fee[]
  readonly credits?: readonly Credit[] | undefined
  readonly charges: readonly Charge[]
  /** Who prices what no charge takes. Default: `refuse`. */
  readonly otherwise?: 'refuse' | 'price_book' | undefined
  /** When the tiers of this version begin to hold if it takes effect inside of a period. Default: `next_period`. */
  readonly mid_period?: 'next_period' | 'at_once' | undefined
  /** The least a period comes to, fees included. */
  readonly commitment?: { readonly amount: string; readonly prorated?: boolean | undefined } | undefined
}

/** Charges and fees of a subscription's own in place of the plan's (B-2). */
export interface Overrides {
  readonly charges?: readonly Charge[] | undefined
  readonly fees?: readonly Fee[] | undefined
}
