import { formatRate, multiply, nanosPerUnit, parseQuantity, parseRate, type Rational } from '@portitor/money'
import { BookInvalid } from './charge.ts'

const int8Max = 2n ** 63n - 1n

/** Reads a rate of a book, for `per` units. Throws `BookInvalid` naming the field where it is no rate, or where one unit owes more than an amount holds (2⁶³ nano-units). */
export function readRate(text: string, field: string, per = 1n): Rational {
  const rate = read(parseRate, text, field)
  if (rate.numerator * nanosPerUnit > int8Max * rate.denominator * per)
    throw new BookInvalid(field, `${text} is more than one amount can hold (2⁶³ nano-units): expected a smaller rate`)
  return rate
}

/** Reads a share in percent, 0 to 100 where `percentMax` says nothing else, as a fraction of one. */
export function readPercent(text: string, field: string, percentMax = 100n): Rational {
  const { numerator, denominator } = read(parseRate, text, field)
  if (numerator > percentMax * denominator)
    throw new BookInvalid(field, `${text} is no share: expected 0 to ${percentMax} percent`)
  return { numerator, denominator: denominator * 100n }
}

/** Reads a quantity > 0 in 10⁻⁹ units. */
export function readPositive(text: string, field: string): bigint {
  const quantity = readQuantity(text, field)
  if (quantity === 0n) throw new BookInvalid(field, 'is above zero')
  return quantity
}

/** Reads a quantity ≥ 0 in 10⁻⁹ units. */
export function readQuantity(text: string, field: string): bigint {
  return read(parseQuantity, text, field)
}

/** Reads what `per` counts in: a whole number above zero. */
export function readPer(text: string, field: string): bigint {
  if (!/^[1-9]\d{0,17}$/.test(text)) throw new BookInvalid(field, 'a whole number above zero is expected, as text')
  return BigInt(text)
}

function read<Value>(parse: (text: string) => Value, text: string, field: string): Value {
  try {
    return parse(text)
  } catch (error) {
    throw new BookInvalid(field, (error as Error).message)
  }
}

/** A rate times the matrix's factor, as text for explanations. Throws `BookInvalid` where 18 digits cannot hold it. */
export function scaledRate(rate: string, factor: Rational, field: string): string {
  if (factor.numerator === factor.denominator) return rate
  try {
    return formatRate(multiply(parseRate(rate), factor))
  } catch (error) {
    throw new BookInvalid(field, (error as Error).message)
  }
}
