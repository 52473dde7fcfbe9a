import { nanosPerUnit, type Rational } from '@portitor/money'
import type { PackagePrice } from './charge.ts'
import { readPositive, readQuantity, readRate } from './read-rate.ts'

/** Started packages, each owed in full. */
export interface Package {
  readonly model: 'package'
  readonly price: PackagePrice
  readonly size: bigint
  readonly free: bigint
  readonly amount: Rational
}

/** Throws `BookInvalid` where the size is zero or a number is none. */
export function compilePackage(price: PackagePrice, field: string, scale = 1n): Package {
  return {
    model: 'package',
    price,
    size: readPositive(price.size, `${field}.size`) * scale,
    free: readQuantity(price.free_units ?? '0', `${field}.free_units`) * scale,
    amount: readRate(price.amount, `${field}.amount`),
  }
}

/** How many packages a quantity ≥ 0 has opened. */
export function packagesOf({ size, free }: Package, quantity: bigint): bigint {
  return quantity <= free ? 0n : (quantity - free + size - 1n) / size
}

/** Nano-units × the amount's denominator. */
export function packageNumerator(model: Package, quantity: bigint): bigint {
  return packagesOf(model, quantity) * model.amount.numerator * nanosPerUnit
}
