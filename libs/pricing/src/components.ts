import { add, nanosPerUnit, oneUnit, rational, type Rational } from '@portitor/money'
import { packagesOf } from './package.ts'
import { pricedWithin, tierIndexOf, type CompiledTier } from './tiers.ts'
import { denominatorOf, type TotalFunction } from './total-function.ts'
import { volumeTierIndex } from './volume.ts'

/** A part of an amount as an invoice says it: so many of something at a rate. Quantities in 10⁻⁹ units, rates in currency units. */
export interface Component {
  /** `usage`, `tier_2_unit`, `tier_2_flat`, `volume_unit`, `volume_flat`. */
  readonly name: string
  /** For one unit, or for one package. */
  readonly rate: Rational
  readonly quantity: bigint
}

/**
 * What a quantity ≥ 0 owes, part by part; the parts' quantities × rates sum to the exact amount before any rounding. At zero
 * there are only fees of the period. Parts that owe nothing are left out. The model must not be scaled by a conversion.
 */
export function componentsOf(model: TotalFunction, quantity: bigint): Component[] {
  return allParts(model, quantity).filter((part) => part.quantity !== 0n && part.rate.numerator !== 0n)
}

/** What `after` adds to `before`: parts of one name and rate are subtracted, a rate that is no more is taken back. */
export function subtractComponents(after: readonly Component[], before: readonly Component[]): Component[] {
  const names = new Set(after.map(keyOf))
  const added = after.map((part) => {
    const earlier = before.find((other) => keyOf(other) === keyOf(part))
    return { ...part, quantity: part.quantity - (earlier?.quantity ?? 0n) }
  })
  const taken = before.filter((part) => !names.has(keyOf(part))).map((part) => ({ ...part, quantity: -part.quantity }))
  return [...added, ...taken].filter((part) => part.quantity !== 0n)
}

/** A part's exact amount in nano-units. */
export function exactAmount({ rate, quantity }: Pick<Component, 'rate' | 'quantity'>): Rational {
  return { numerator: quantity * rate.numerator, denominator: rate.denominator }
}

/** The exact sum of parts, in nano-units. */
export function exactSum(parts: readonly Component[]): Rational {
  return parts.map(exactAmount).reduce(add, rational(0n, 1n))
}

export function keyOf({ name, rate }: Pick<Component, 'name' | 'rate'>): string {
  return `${name} ${rate.numerator}/${rate.denominator}`
}

function allParts(model: TotalFunction, quantity: bigint): Component[] {
  switch (model.model) {
    case 'per_unit':
      return [{ name: 'usage', rate: model.unitRate, quantity }]
    case 'package':
      return [{ name: 'usage', rate: model.amount, quantity: packagesOf(model, quantity) * oneUnit }]
    case 'graduated': {
      const last = tierIndexOf(model.tiers, quantity)
      const entered = quantity === 0n && model.atZero === 0n ? [] : model.tiers.slice(0, last + 1)
      return entered.flatMap((tier, index) => {
        const end = index === last ? quantity : tier.upTo!
        return tierParts(tier, `tier_${index + 1}`, end - tier.from, denominatorOf(model))
      })
    }
    case 'volume': {
      if (quantity === 0n && model.atZero === 0n) return []
      const tier = model.tiers[volumeTierIndex(model, quantity)]!
      return tierParts(tier, 'volume', quantity, model.denominator)
    }
  }
}

function tierParts(tier: CompiledTier, name: string, quantity: bigint, denominator: bigint): Component[] {
  const flat = { name: `${name}_flat`, rate: rational(tier.flat, denominator * nanosPerUnit), quantity: oneUnit }
  if (tier.packageSize === undefined)
    return [{ name: `${name}_unit`, rate: rational(tier.slope, denominator), quantity }, flat]
  const packages = tier.slope === 0n ? 0n : pricedWithin(tier, quantity) / tier.slope
  return [
    { name: `${name}_unit`, rate: rational(tier.slope, denominator * nanosPerUnit), quantity: packages * oneUnit },
    flat,
  ]
}
