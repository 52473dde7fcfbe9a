import { divideBy, leastCommonMultiple, nanosPerUnit, parseQuantity, parseRate, roundHalfEven } from '@portitor/money'
import { BookInvalid, type GraduatedPrice } from './charge.ts'

/** Tiers over one common denominator, each with the sum of those below it: F is one look-up, one product, one rounding. */
export interface Graduated {
  readonly model: 'graduated'
  readonly per: string
  readonly denominator: bigint
  readonly tiers: readonly GraduatedTier[]
}

interface GraduatedTier {
  readonly rate: string
  readonly flatAmount: string | undefined
  /** The tier holds quantities in (from, upTo], in 10⁻⁹ units. */
  readonly from: bigint
  readonly upTo: bigint | undefined
  /** Nano-units × denominator, for each 10⁻⁹ unit within the tier. */
  readonly slope: bigint
  /** Nano-units × denominator owed on entering the tier: all tiers below, and the flat amounts up to this one. */
  readonly start: bigint
}

export function compileGraduated(price: GraduatedPrice, field: string): Graduated {
  const per = BigInt(price.per)
  const rates = price.tiers.map((tier) => divideBy(parseRate(tier.rate), per))
  const flats = price.tiers.map((tier) => parseRate(tier.flat_amount ?? '0'))
  const denominator = [...rates, ...flats].reduce((least, rate) => leastCommonMultiple(least, rate.denominator), 1n)

  const tiers: GraduatedTier[] = []
  for (const [index, tier] of price.tiers.entries()) {
    const below = tiers.at(-1)
    const from = below?.upTo ?? 0n
    const slope = rates[index]!.numerator * (denominator / rates[index]!.denominator)
    const flat = flats[index]!.numerator * (denominator / flats[index]!.denominator) * nanosPerUnit
    const start = flat + (below === undefined ? 0n : below.start + (from - below.from) * below.slope)
    const upTo = upToOf(tier.up_to, from, index === price.tiers.length - 1, `${field}.tiers.${index}.up_to`)
    tiers.push({ rate: tier.rate, flatAmount: tier.flat_amount, from, upTo, slope, start })
  }
  return { model: 'graduated', per: price.per, denominator, tiers }
}

/** F for a quantity ≥ 0. At 0 no tier is entered, so nothing is owed. */
export function evaluateGraduated(model: Graduated, quantity: bigint): bigint {
  if (quantity === 0n) return 0n
  const tier = model.tiers[tierIndexOf(model, quantity)]!
  return roundHalfEven(tier.start + (quantity - tier.from) * tier.slope, model.denominator)
}

/** Index of the tier that holds the last part of a quantity > 0. */
export function tierIndexOf(model: Graduated, quantity: bigint): number {
  return model.tiers.findIndex((tier) => tier.upTo === undefined || quantity <= tier.upTo)
}

function upToOf(text: string | null, from: bigint, last: boolean, field: string): bigint | undefined {
  if (last !== (text === null)) throw new BookInvalid(field, 'the last tier, and only the last, has no end (null)')
  if (text === null) return undefined
  const upTo = parseUpTo(text, field)
  if (upTo <= from) throw new BookInvalid(field, `tiers ascend: ${text} is not above the end of the tier before`)
  return upTo
}

function parseUpTo(text: string, field: string): bigint {
  try {
    return parseQuantity(text)
  } catch (error) {
    throw new BookInvalid(field, (error as Error).message)
  }
}
