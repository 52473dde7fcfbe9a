import { roundHalfEven } from '@portitor/money'
import { type Capacity, compileCapacity } from './capacity.ts'
import { BookInvalid, type Charge } from './charge.ts'
import { attributesOf, checkIds, type CompiledBook } from './compile-book.ts'
import { compileCharge, creditRates } from './compile-charge.ts'
import type { Fee, Plan } from './plan.ts'
import { inNanos } from './priced-event.ts'
import { readRate } from './read-rate.ts'

/** A plan made ready. Its charges stand in a book, so that the code that rates finds and prices them. */
export interface CompiledPlan {
  readonly plan: Plan
  readonly fees: readonly CompiledFee[]
  readonly book: CompiledBook
  /** Nano-units. */
  readonly commitment: bigint | undefined
}

export interface CompiledFee {
  readonly fee: Fee
  /** Nano-units for each that is counted, or by peaks. */
  readonly price: { readonly amount: bigint } | { readonly capacity: Capacity }
}

/** Under which version a plan's charges are rated, and which of them are on terms of a subscription's own. */
export interface PlanTerms {
  readonly version: number
  /** Names the terms of each charge by its id; a charge that is not named is as published. */
  readonly terms?: ReadonlyMap<string, string>
}

/** Throws `BookInvalid` naming the field where the plan contradicts itself. */
export function compilePlan(plan: Plan, { version, terms }: PlanTerms = { version: 1 }): CompiledPlan {
  const ids = [...plan.fees, ...plan.charges].map(({ id }) => id)
  const twice = plan.fees.findIndex(({ id }) => ids.indexOf(id) !== ids.lastIndexOf(id))
  if (twice !== -1) throw new BookInvalid(`fees.${twice}.id`, `${plan.fees[twice]!.id} stands twice`)
  checkIds(plan.charges)
  const currencies = { currency: plan.currency, credits: creditRates(plan) }
  const origin = { plan: plan.id, version, atOnce: plan.mid_period === 'at_once' }
  const charges = plan.charges.map((charge, index) =>
    compileCharge(charge, `charges.${index}`, currencies, { ...origin, terms: terms?.get(charge.id) ?? '' }),
  )
  return {
    plan,
    fees: plan.fees.map((fee, index) => ({ fee, price: feePrice(fee, `fees.${index}.price`) })),
    book: {
      side: 'price',
      plan: plan.id,
      version,
      currency: plan.currency,
      effectiveFromMs: -Infinity,
      effectiveToMs: Infinity,
      charges,
      shapeAttributes: attributesOf(charges),
    },
    commitment: plan.commitment && amountOf(plan.commitment.amount, 'commitment.amount'),
  }
}

/** A minimum of a charge in nano-units of the plan's currency. */
export function minimumOf(charge: Charge, plan: Plan): bigint | undefined {
  if (charge.amount?.min === undefined) return undefined
  const worth = readRate(plan.credits?.find(({ id }) => id === charge.currency)?.rate ?? '1', 'credits.rate')
  const { numerator, denominator } = inNanos(readRate(charge.amount.min.amount, 'amount.min.amount'))
  return roundHalfEven(numerator * worth.numerator, denominator * worth.denominator)
}

function feePrice({ price }: Fee, field: string): CompiledFee['price'] {
  if (price.model === 'capacity') return { capacity: compileCapacity(price, field) }
  return { amount: amountOf(price.amount, `${field}.amount`) }
}

function amountOf(text: string, field: string): bigint {
  const { numerator, denominator } = inNanos(readRate(text, field))
  return roundHalfEven(numerator, denominator)
}
