import { roundHalfEven } from '@portitor/money'
import type { GraduatedPrice } from './charge.ts'
import { compileTiers, pricedWithin, tierIndexOf, type CompiledTier } from './tiers.ts'

/** Tiers over one common denominator, each with the sum of those below it: F is one look-up, one product, one rounding. */
export interface Graduated {
  readonly model: 'graduated'
  readonly per: string
  readonly firstFlat: GraduatedPrice['first_flat']
  readonly denominator: bigint
  readonly tiers: readonly GraduatedTier[]
  /** Nano-units × denominator that are owed at zero usage: a fee of the period, not of its usage. */
  readonly atZero: bigint
}

interface GraduatedTier extends CompiledTier {
  /** Nano-units × denominator owed on entering the tier: all tiers below, and the flat amounts up to this one. */
  readonly start: bigint
}

/** Throws `BookInvalid` naming the tier at fault. */
export function compileGraduated(price: GraduatedPrice, field: string, scale = 1n): Graduated {
  const { denominator, tiers: plain } = compileTiers(price, field, scale)
  const tiers: GraduatedTier[] = []
  for (const tier of plain) {
    const below = tiers.at(-1)
    const start = tier.flat + (below === undefined ? 0n : below.start + pricedWithin(below, tier.from - below.from))
    tiers.push({ ...tier, start })
  }
  const atZero = price.first_flat === 'every_period' ? tiers[0]!.flat : 0n
  return { model: 'graduated', per: price.per, firstFlat: price.first_flat, denominator, tiers, atZero }
}

/** Nano-units × denominator of a quantity ≥ 0. At 0 no tier is entered: owed is only what is a fee of the period. */
export function graduatedNumerator(model: Graduated, quantity: bigint): bigint {
  if (quantity === 0n) return model.atZero
  const tier = model.tiers[tierIndexOf(model.tiers, quantity)]!
  return tier.start + pricedWithin(tier, quantity - tier.from)
}

/** F for a quantity ≥ 0. */
export function evaluateGraduated(model: Graduated, quantity: bigint): bigint {
  const owed = roundHalfEven(graduatedNumerator(model, quantity), model.denominator)
  return model.atZero === 0n ? owed : owed - roundHalfEven(model.atZero, model.denominator)
}
