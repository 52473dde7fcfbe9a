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

/** What a subscription is billed by: fees of the period, usage charges, and what it has committed to. */
export interface Plan {
  readonly id: string
  readonly name: string
  readonly currency: string
  readonly fees: readonly Fee[]
  readonly credits?: readonly Credit[] | undefined
  readonly charges: readonly Charge[]
  /** The least a period comes to, fees included. */
  readonly commitment?: { readonly amount: string; readonly prorated?: boolean | undefined } | undefined
}
