/** Nano-units in one unit of a currency: 1 USD = 10⁹. */
export const nanosPerUnit = 1_000_000_000n

const int8Max = 2n ** 63n - 1n
const nanosPattern = /^-?\d{1,38}$/

/** An amount does not fit the `bigint` column of one transfer: beyond ±(2⁶³ − 1) nano-units, some 9.2 billion units. */
export class MoneyOverflow extends RangeError {
  override readonly name = 'MoneyOverflow'
  constructor(readonly nanos: bigint) {
    super(`${nanos} nano-units do not fit one amount: split it, the limit is ±${int8Max}`)
  }
}

/** Reads an amount in nano-units from JSON's decimal text (`"-2500"`). Throws `RangeError` on anything else, a JSON number included. */
export function parseNanos(text: string): bigint {
  if (typeof text !== 'string' || !nanosPattern.test(text))
    throw new RangeError(
      `an amount is whole nano-units as text of at most 38 digits, such as "2500"; got ${show(text)}`,
    )
  return BigInt(text)
}

/** Writes an amount in nano-units as JSON's decimal text. */
export function formatNanos(nanos: bigint): string {
  return nanos.toString()
}

/** Returns `nanos` if one transfer can hold it, else throws `MoneyOverflow`. Every amount that is posted passes here. */
export function checkInt8(nanos: bigint): bigint {
  if (nanos > int8Max || nanos < -int8Max) throw new MoneyOverflow(nanos)
  return nanos
}

/** Adds up amounts of one currency. Sums are unbounded: balances are `numeric(38,0)`, only single amounts are int8. */
export function sum(amounts: Iterable<bigint>): bigint {
  let total = 0n
  for (const amount of amounts) total += amount
  return total
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : `a ${typeof value}`
}
