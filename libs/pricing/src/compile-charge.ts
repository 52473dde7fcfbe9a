import { multiply, type Rational } from '@portitor/money'
import { compileAmountRule } from './amount-rule.ts'
import { BookInvalid, type Charge, type Credit, type EventPrice, type MatrixPrice, type TotalPrice } from './charge.ts'
import { compileModel, type EvaluableModel } from './evaluate.ts'
import { compileEventPricing, type EventPricing } from './event-pricing.ts'
import { compileMatrix, type CompiledMatrix } from './matrix.ts'
import { readRate } from './read-rate.ts'

/** Which published version a charge is from, and on what terms. */
export interface ChargeOrigin {
  /** The plan or add-on; undefined: the book itself. */
  readonly plan?: string
  readonly version: number
  /** What sets it apart from the charge as published: a trial, an override. Empty: nothing. */
  readonly terms: string
  /** Its tiers hold at once where it takes effect inside of a period. */
  readonly atOnce: boolean
}

/** A charge made ready; which meters it takes from which events, and how it prices them. */
export interface CompiledCharge {
  readonly id: string
  readonly origin: ChargeOrigin
  readonly filter: readonly (readonly [attribute: string, value: string])[]
  readonly meters: readonly string[]
  /** What `outcome:*` begins with, star taken off. */
  readonly meterPrefixes: readonly string[]
  /** The meters make one total. */
  readonly together: boolean
  readonly scope: 'workspace' | 'agent'
  readonly price:
    { readonly model: EvaluableModel } | { readonly matrix: CompiledMatrix } | { readonly byEvent: EventPricing }
}

/** In what amounts may be: the currency, and the credits with their rates in it. */
export interface Currencies {
  readonly currency: string
  readonly credits: ReadonlyMap<string, string>
}

/** Throws `BookInvalid` where a credit stands twice, is named like the currency, or is worth nothing. */
export function creditRates(content: {
  currency: string
  credits?: readonly Credit[] | undefined
}): Map<string, string> {
  const rates = new Map<string, string>()
  for (const [index, { id, rate }] of (content.credits ?? []).entries()) {
    const at = `credits.${index}`
    if (rates.has(id) || id === content.currency) throw new BookInvalid(`${at}.id`, `${id} stands twice`)
    if (readRate(rate, `${at}.rate`).numerator === 0n)
      throw new BookInvalid(`${at}.rate`, 'is above zero: what is priced in it would be free')
    rates.set(id, rate)
  }
  return rates
}

/** Throws `BookInvalid` below `field` where the charge contradicts itself, or is in a currency that is none of these. */
export function compileCharge(
  charge: Charge,
  field: string,
  currencies: Currencies,
  origin: ChargeOrigin,
): CompiledCharge {
  return {
    id: charge.id,
    origin,
    filter: Object.entries(charge.filter ?? {}),
    meters: charge.meters.filter((meter) => !meter.endsWith(':*')),
    meterPrefixes: charge.meters.filter((meter) => meter.endsWith(':*')).map((meter) => meter.slice(0, -1)),
    together: charge.together ?? false,
    scope: charge.scope ?? 'workspace',
    price: compilePrice(charge, field, creditRateOf(charge, field, currencies)),
  }
}

function compilePrice(charge: Charge, field: string, creditRate: string | undefined): CompiledCharge['price'] {
  const { price, quantity, amount } = charge
  switch (price.model) {
    case 'matrix':
      return { matrix: compileMatrix(price, `${field}.price`, matrixFactor(charge, price, field, creditRate)) }
    case 'percentage':
    case 'dynamic':
    case 'cost_plus':
    case 'outcome':
    case 'prorated_graduated':
      return compileByEvent(price, charge, field, creditRate)
    case 'per_unit':
    case 'graduated':
    case 'volume':
    case 'package': {
      checkAllowance(charge, field)
      const plain = quantity === undefined && amount === undefined && creditRate === undefined
      if (plain) return { model: compileModel(price, `${field}.price`) }
      return {
        model: compileModel(
          { model: 'composed', price: price satisfies TotalPrice, quantity, amount, credit_rate: creditRate },
          field,
        ),
      }
    }
  }
}

function compileByEvent(
  price: EventPrice,
  { quantity, amount }: Charge,
  field: string,
  creditRate: string | undefined,
): CompiledCharge['price'] {
  if (quantity !== undefined)
    throw new BookInvalid(`${field}.quantity`, `${price.model} prices events, not a total: leave it out`)
  return { byEvent: compileEventPricing({ model: 'by_event', price, amount, credit_rate: creditRate }, field) }
}

/** A matrix has a total for each of its cells: a discount and a credit's rate go into every rate, other rules have no place. */
function matrixFactor(charge: Charge, price: MatrixPrice, field: string, creditRate: string | undefined): Rational {
  if (charge.quantity !== undefined)
    throw new BookInvalid(`${field}.quantity`, 'a matrix has a total for each of its cells: leave it out')
  for (const rule of ['max', 'min'] as const)
    if (charge.amount?.[rule] !== undefined)
      throw new BookInvalid(`${field}.amount.${rule}`, 'a matrix has a total for each of its cells: leave it out')
  if (charge.together === true || charge.scope === 'agent')
    throw new BookInvalid(
      `${field}.${charge.together === true ? 'together' : 'scope'}`,
      `${price.model} counts cell by cell`,
    )
  const { kept, creditRate: worth } = compileAmountRule(charge.amount, creditRate, `${field}.amount`)
  return multiply(kept, worth)
}

function checkAllowance({ quantity, scope }: Charge, field: string): void {
  if (scope === 'agent' && quantity?.free?.per === 'workspace')
    throw new BookInvalid(`${field}.quantity.free.per`, 'each agent has a total of its own: expected agent')
}

function creditRateOf({ currency }: Charge, field: string, { currency: own, credits }: Currencies): string | undefined {
  if (currency === undefined || currency === own) return undefined
  const rate = credits.get(currency)
  if (rate === undefined)
    throw new BookInvalid(
      `${field}.currency`,
      `${currency} is neither ${own} nor one of the credits: a book has one currency`,
    )
  return rate
}
