import { divideBy, leastCommonMultiple, nanosPerUnit, type Rational } from '@portitor/money'
import { BookInvalid, type GraduatedPrice, type ProratedGraduatedPrice, type Tier, type VolumePrice } from './charge.ts'
import { readPer, readPositive, readQuantity, readRate } from './read-rate.ts'

/** A tier made ready: quantities are in 10⁻⁹ units ÷ scale, money in nano-units × the denominator all tiers share. */
export interface CompiledTier {
  readonly rate: string
  readonly flatAmount: string | undefined
  readonly packageText: string | undefined
  /** The tier holds quantities in (from, upTo]. */
  readonly from: bigint
  readonly upTo: bigint | undefined
  /** For each unit within the tier, or for each package where `packageSize` is given. */
  readonly slope: bigint
  readonly packageSize: bigint | undefined
  /** Owed on entering this tier. */
  readonly flat: bigint
}

export interface CompiledTiers {
  readonly denominator: bigint
  readonly tiers: readonly CompiledTier[]
}

/** Throws `BookInvalid` naming the tier where tiers do not ascend, the last has an end, or a rate is none. */
export function compileTiers(
  price: GraduatedPrice | VolumePrice | ProratedGraduatedPrice,
  field: string,
  scale: bigint,
): CompiledTiers {
  const per = readPer(price.per, `${field}.per`)
  if (price.tiers.length === 0) throw new BookInvalid(`${field}.tiers`, 'has at least one tier')
  const rates = price.tiers.map((tier, index) => unitRate(tier, { per, scale }, `${field}.tiers.${index}`))
  const flats = price.tiers.map((tier, index) =>
    readRate(tier.flat_amount ?? '0', `${field}.tiers.${index}.flat_amount`),
  )
  const denominator = [...rates, ...flats].reduce((least, rate) => leastCommonMultiple(least, rate.denominator), 1n)
  const over = (rate: Rational): bigint => rate.numerator * (denominator / rate.denominator)

  const tiers: CompiledTier[] = []
  for (const [index, tier] of price.tiers.entries()) {
    const at = `${field}.tiers.${index}`
    const from = tiers.at(-1)?.upTo ?? 0n
    const size = tier.package_size
    tiers.push({
      rate: tier.rate,
      flatAmount: tier.flat_amount,
      packageText: size,
      from,
      upTo: upToOf(tier.up_to, { from, scale, last: index === price.tiers.length - 1 }, `${at}.up_to`),
      slope: over(rates[index]!),
      packageSize: size === undefined ? undefined : readPositive(size, `${at}.package_size`) * scale,
      flat: over(flats[index]!) * nanosPerUnit,
    })
  }
  return { denominator, tiers }
}

/** What a quantity (≥ 0) within a tier owes without its flat amount, × the denominator. */
export function pricedWithin(tier: CompiledTier, quantity: bigint): bigint {
  if (tier.packageSize === undefined) return quantity * tier.slope
  return ((quantity + tier.packageSize - 1n) / tier.packageSize) * tier.slope
}

/** Index of the tier that holds the last part of a quantity; the first tier's for 0. */
export function tierIndexOf(tiers: readonly CompiledTier[], quantity: bigint): number {
  let index = 0
  for (let end = tiers[0]!.upTo; end !== undefined && quantity > end; end = tiers[index]!.upTo) index++
  return index
}

/** Nano-units for each 10⁻⁹ unit ÷ scale, or for each package. */
function unitRate(tier: Tier, { per, scale }: { per: bigint; scale: bigint }, field: string): Rational {
  if (tier.package_size === undefined) return divideBy(readRate(tier.rate, `${field}.rate`, per), per * scale)
  const rate = readRate(tier.rate, `${field}.rate`)
  return { numerator: rate.numerator * nanosPerUnit, denominator: rate.denominator }
}

function upToOf(
  text: string | null,
  { from, scale, last }: { from: bigint; scale: bigint; last: boolean },
  field: string,
): bigint | undefined {
  if (last !== (text === null)) throw new BookInvalid(field, 'the last tier, and only the last, has no end (null)')
  if (text === null) return undefined
  const upTo = readQuantity(text, field) * scale
  if (upTo <= from) throw new BookInvalid(field, `tiers ascend: ${text} is not above the end of the tier before`)
  return upTo
}
