import { hash } from 'node:crypto'
import { remember } from './remember.ts'

/** An account of one workspace (L-2). `kind` names it: `receivable:2023-11`, `revenue:tokens:2023-11`, `revenue:tokens:2023-12:2023-11`, `cogs:openai`. */
export interface Account {
  readonly id: bigint
  readonly currency: string
  readonly kind: string
}

/**
 * The account of a kind. Its id is derived, 63 bits of a hash of currency and kind, so posting never asks the database for
 * one and a replay into an empty database makes the same rows. Ids are unique per workspace: ten thousand accounts of one
 * workspace collide with a probability of 10⁻¹¹, and then the unique key on the kind refuses the second.
 */
function accountOf(currency: string, kind: string): Account {
  const digest = hash('sha256', `${currency.length}:${currency}${kind}`, 'hex')
  return { id: BigInt(`0x${digest.slice(0, 16)}`) >> 1n, currency, kind }
}

/** Where the amount of a transfer comes from and goes to. */
export interface Sides {
  readonly debit: Account
  readonly credit: Account
}

/**
 * The customer owes for a charge: receivable → revenue, both of the event's billing period. An adjustment is owed in the period
 * it is billed in, and its revenue names both (M-8): a closed period's accounts never change.
 */
export const priceSides = remember((currency: string, charge: string, period: string, billedIn: string): Sides => ({
  debit: accountOf(currency, `receivable:${billedIn}`),
  credit: accountOf(currency, `revenue:${charge}:${billedIn}${billedIn === period ? '' : `:${period}`}`),
}))

/** We owe the provider: cost of goods sold → payable. */
export const costSides = remember((currency: string, provider: string): Sides => ({
  debit: accountOf(currency, `cogs:${provider}`),
  credit: accountOf(currency, `provider_payable:${provider}`),
}))
