import { roundBy } from '@portitor/money'

/** Days of a period, both ends included: `billed` of `period` are owed. */
export interface PeriodDays {
  readonly billed: number
  readonly period: number
}

/**
 * The share of an amount for the days billed, in nano-units: exact, then rounded half-up to a multiple of `step`
 * (nano-units; 10⁷ for whole cents). Throws `RangeError` where the days are not 0 ≤ billed ≤ period, period ≥ 1.
 */
export function prorate(amount: bigint, { billed, period }: PeriodDays, step = 1n): bigint {
  if (!Number.isInteger(billed) || !Number.isInteger(period) || period < 1 || billed < 0 || billed > period)
    throw new RangeError(`billed days are whole and within the period; got ${billed} of ${period}`)
  return roundBy('half_up', amount * BigInt(billed), BigInt(period) * step) * step
}

/** What tops the fees of a period up to what was committed; never negative. */
export function trueUp(committed: bigint, fees: bigint): bigint {
  return committed > fees ? committed - fees : 0n
}
