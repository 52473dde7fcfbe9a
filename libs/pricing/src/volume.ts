import { oneUnit, roundBy } from '@portitor/money'
import type { VolumePrice } from './charge.ts'
import { compileTiers, pricedWithin, tierIndexOf, type CompiledTiers } from './tiers.ts'

/** The tier that holds the total prices all of it. */
export interface Volume extends CompiledTiers {
  readonly model: 'volume'
  readonly price: VolumePrice
  /** What one unit is in the quantities that come: 10⁹ × scale. */
  readonly unit: bigint
  /** Nano-units × denominator that are owed at zero usage: a fee of the period. */
  readonly atZero: bigint
}

/** Throws `BookInvalid` naming the tier at fault. */
export function compileVolume(price: VolumePrice, field: string, scale = 1n): Volume {
  const { denominator, tiers } = compileTiers(price, field, scale)
  const atZero = price.first_flat === 'every_period' ? tiers[0]!.flat : 0n
  return { model: 'volume', price, unit: oneUnit * scale, denominator, tiers, atZero }
}

/** Nano-units × denominator of a quantity ≥ 0. `tierQuantity` finds the tier where it is another than what is priced: prorated seats are found by full seats. */
export function volumeNumerator(model: Volume, quantity: bigint, tierQuantity = quantity): bigint {
  if (quantity === 0n && tierQuantity === 0n) return model.atZero
  const tier = model.tiers[volumeTierIndex(model, tierQuantity)]!
  return tier.flat + pricedWithin(tier, quantity)
}

/** Which tier prices a total, counted from 0. */
export function volumeTierIndex(model: Volume, quantity: bigint): number {
  const sought = model.price.tier_by === 'whole_units' ? roundBy('up', quantity, model.unit) * model.unit : quantity
  return tierIndexOf(model.tiers, sought)
}
