import type { TotalPrice } from './charge.ts'
import { compileGraduated, graduatedNumerator, type Graduated } from './graduated.ts'
import { compilePackage, packageNumerator, type Package } from './package.ts'
import { compilePerUnit, type PerUnit } from './per-unit.ts'
import { readPer, readRate } from './read-rate.ts'
import { compileVolume, volumeNumerator, type Volume } from './volume.ts'

/** A model whose exact amount is a fraction over one denominator, before any rounding. */
export type TotalFunction = PerUnit | Graduated | Volume | Package

/** Throws `BookInvalid` below `field`. With a `scale` quantities are counted in so many parts of 10⁻⁹ unit. */
export function compileTotal(price: TotalPrice, field: string, scale = 1n): TotalFunction {
  switch (price.model) {
    case 'per_unit':
      readRate(price.rate, `${field}.rate`, readPer(price.per, `${field}.per`))
      return compilePerUnit(price.rate, price.per, scale)
    case 'graduated':
      return compileGraduated(price, field, scale)
    case 'volume':
      return compileVolume(price, field, scale)
    case 'package':
      return compilePackage(price, field, scale)
  }
}

/** What a quantity ≥ 0 owes in all, a fee of the period included: nano-units × `denominatorOf`. */
export function numeratorOf(model: TotalFunction, quantity: bigint): bigint {
  switch (model.model) {
    case 'per_unit':
      return quantity * model.unitRate.numerator
    case 'graduated':
      return graduatedNumerator(model, quantity)
    case 'volume':
      return volumeNumerator(model, quantity)
    case 'package':
      return packageNumerator(model, quantity)
  }
}

export function denominatorOf(model: TotalFunction): bigint {
  switch (model.model) {
    case 'per_unit':
      return model.unitRate.denominator
    case 'graduated':
    case 'volume':
      return model.denominator
    case 'package':
      return model.amount.denominator
  }
}

/** The price of a compiled model as plain data, the way books write it. */
export function priceOfTotal(model: TotalFunction, quantityText: (quantity: bigint) => string): TotalPrice {
  if (model.model === 'per_unit') return { model: 'per_unit', rate: model.rate, per: model.per }
  if (model.model !== 'graduated') return model.price
  const tiers = model.tiers.map(({ upTo, rate, flatAmount, packageText }) => ({
    up_to: upTo === undefined ? null : quantityText(upTo),
    rate,
    ...(flatAmount === undefined ? {} : { flat_amount: flatAmount }),
    ...(packageText === undefined ? {} : { package_size: packageText }),
  }))
  const first = model.firstFlat === undefined ? {} : { first_flat: model.firstFlat }
  return { model: 'graduated', per: model.per, tiers, ...first }
}
