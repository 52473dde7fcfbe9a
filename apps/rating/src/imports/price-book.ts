import type { BookContent, Charge } from '@portitor/contracts'
import { formatRate, multiply, parseRate, rational, roundHalfEven, type Rational } from '@portitor/money'

/** A rate has at most this many digits after the point, so this is the last digit of a product. */
const RATE_SCALE = 10n ** 18n

/**
 * The price book that follows from a cost book: every rate and flat amount × `markup` (decimal text such as `1.30`), and nothing else
 * differs. The product is exact; only where it needs more than 18 digits after the point is it rounded half-even there.
 */
export function priceBook(cost: BookContent, markup: string): BookContent {
  const factor = parseRate(markup)
  return {
    ...cost,
    source: `${cost.source}, cost × ${markup}`,
    charges: cost.charges.map((charge) => ({ ...charge, price: marked(charge.price, factor) })),
  }
}

function marked(price: Charge['price'], factor: Rational): Charge['price'] {
  switch (price.model) {
    case 'per_unit':
      return { ...price, rate: times(price.rate, factor) }
    case 'graduated':
      return { ...price, tiers: price.tiers.map((tier) => markedTier(tier, factor)) }
    case 'matrix':
      return {
        ...price,
        rows: price.rows.map((row) => ({
          ...row,
          bands: row.bands.map((band) => ({
            ...band,
            rates: Object.fromEntries(Object.entries(band.rates).map(([kind, rate]) => [kind, times(rate, factor)])),
          })),
        })),
      }
    default:
      throw new RangeError(`a price book follows from rates; ${price.model} has none to mark up`)
  }
}

type Tier = Extract<Charge['price'], { model: 'graduated' }>['tiers'][number]
function markedTier({ rate, flat_amount, ...tier }: Tier, factor: Rational): Tier {
  return {
    ...tier,
    rate: times(rate, factor),
    ...(flat_amount === undefined ? {} : { flat_amount: times(flat_amount, factor) }),
  }
}

function times(rate: string, factor: Rational): string {
  const product = multiply(parseRate(rate), factor)
  return formatRate(rational(roundHalfEven(product.numerator * RATE_SCALE, product.denominator), RATE_SCALE))
}
