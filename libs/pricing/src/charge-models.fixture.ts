import {
  add,
  formatQuantity,
  multiply,
  oneUnit,
  parseQuantity,
  parseRate,
  rational,
  type Rational,
} from '@portitor/money'
import fc from 'fast-check'
import type { AmountRule, ComposedPrice, PackagePrice, QuantityRule, Tier, TotalPrice, VolumePrice } from './charge.ts'
import { graduatedUpTo, perText, rateText } from './example-book.fixture.ts'

const positiveText = fc.bigInt({ min: oneUnit, max: 5_000n * oneUnit }).map(formatQuantity)
const percentText = fc.integer({ min: 0, max: 1000 }).map((tenths) => `${Math.floor(tenths / 10)}.${tenths % 10}`)
const firstFlat = fc.constantFrom(undefined, 'on_entry' as const, 'every_period' as const)

/** Tiers within what a dozen steps reach, so that they are crossed. */
const anyGraduated = graduatedUpTo(500_000n)
/** Steps whose amounts one transfer can hold, whatever the model. */
export const anySmallQuantity = fc.oneof(
  fc.bigInt({ min: 0n, max: 100_000n }).map((units) => units * oneUnit),
  fc.bigInt({ min: 0n, max: 100_000n * oneUnit }),
)

const anyPackaged: fc.Arbitrary<TotalPrice> = fc
  .tuple(anyGraduated, fc.array(fc.option(positiveText, { nil: undefined }), { minLength: 6, maxLength: 6 }), firstFlat)
  .map(([price, sizes, first_flat]) => ({
    ...price,
    first_flat,
    tiers: price.tiers.map((tier, index) => ({ ...tier, package_size: sizes[index] })),
  }))
const anyVolume: fc.Arbitrary<VolumePrice> = fc
  .tuple(anyGraduated, fc.constantFrom(undefined, 'quantity' as const, 'whole_units' as const), firstFlat)
  .map(([{ per, tiers }, tier_by, first_flat]) => ({ model: 'volume', per, tiers, tier_by, first_flat }))
const anyPackage: fc.Arbitrary<PackagePrice> = fc.record({
  model: fc.constant('package' as const),
  size: positiveText,
  amount: rateText,
  free_units: fc.option(positiveText, { nil: undefined }),
})

/** Every model that prices a total, without rules. */
export const anyTotal: fc.Arbitrary<TotalPrice> = fc.oneof(
  fc.record({ model: fc.constant('per_unit' as const), rate: rateText, per: perText }),
  anyGraduated,
  anyPackaged,
  anyVolume,
  anyPackage,
)

const anyQuantityRule: fc.Arbitrary<QuantityRule> = fc.record(
  {
    convert: fc.oneof(
      fc.record({ by: fc.constant('multiply' as const), factor: fc.constantFrom('3', '0.25', '7.5') }),
      fc.record({ by: fc.constant('divide' as const), factor: fc.constantFrom('1000', '3', '0.25', '7.5', '60') }),
    ),
    round: fc.record({
      mode: fc.constantFrom('up' as const, 'down' as const, 'half' as const),
      to: fc.constantFrom('1', '10', '0.5'),
    }),
    free: fc.record({ units: positiveText, per: fc.constant('workspace' as const) }),
    below_zero: fc.constantFrom('mirror' as const, 'zero' as const),
  },
  { requiredKeys: [] },
)
const anyAmountRule: fc.Arbitrary<AmountRule> = fc.record(
  { discount_percent: percentText, max: fc.constantFrom('1', '250', '100000') },
  { requiredKeys: [] },
)

/** Any model between any rules. */
export const anyComposed: fc.Arbitrary<ComposedPrice> = fc.record(
  {
    model: fc.constant('composed' as const),
    price: anyTotal,
    quantity: anyQuantityRule,
    amount: anyAmountRule,
    credit_rate: fc.constantFrom('0.01', '0.003'),
  },
  { requiredKeys: ['model', 'price'] },
)

/**
 * The same amounts by another road: fractions all the way from the plain data, tier by tier, nothing compiled, one step after
 * the other as the documentation says it. In nano-units, before any rounding, fees at zero included; for quantities ≥ 0.
 */
export function plainTotal(price: TotalPrice | ComposedPrice, quantity: Rational): Rational {
  switch (price.model) {
    case 'per_unit':
      return times(quantity, nanos(price.rate), inverse(parseRate(price.per)))
    case 'package': {
      const paid = difference(quantity, units(price.free_units ?? '0'))
      return times(startedPackages(paid, units(price.size)), nanos(price.amount))
    }
    case 'graduated':
      return plainGraduated(price, quantity)
    case 'volume': {
      const sought = price.tier_by === 'whole_units' ? rational(ceiling(quantity), 1n) : quantity
      const owesAtZero = price.first_flat === 'every_period'
      if (quantity.numerator === 0n) return owesAtZero ? nanos(price.tiers[0]!.flat_amount ?? '0') : zero
      const tier = price.tiers.find((one) => one.up_to === null || compare(sought, units(one.up_to)) <= 0)!
      return add(tierAmount(tier, price.per, quantity), nanos(tier.flat_amount ?? '0'))
    }
    case 'composed': {
      const owed = plainTotal(price.price, plainQuantity(price.quantity, quantity))
      const off = parseRate(price.amount?.discount_percent ?? '0')
      const kept = difference(owed, times(owed, off, rational(1n, 100n)))
      const max = price.amount?.max === undefined ? kept : nanos(price.amount.max)
      return times(compare(kept, max) > 0 ? max : kept, parseRate(price.credit_rate ?? '1'))
    }
  }
}

export const zero: Rational = { numerator: 0n, denominator: 1n }

function plainGraduated(price: Extract<TotalPrice, { model: 'graduated' }>, quantity: Rational): Rational {
  if (quantity.numerator === 0n)
    return price.first_flat === 'every_period' ? nanos(price.tiers[0]!.flat_amount ?? '0') : zero
  let owed = zero
  let from = zero
  for (const tier of price.tiers) {
    if (compare(quantity, from) <= 0) break
    const end = tier.up_to === null || compare(quantity, units(tier.up_to)) < 0 ? quantity : units(tier.up_to)
    owed = add(owed, add(tierAmount(tier, price.per, difference(end, from)), nanos(tier.flat_amount ?? '0')))
    from = end
  }
  return owed
}

function plainQuantity(rule: QuantityRule | undefined, quantity: Rational): Rational {
  const factor = parseRate(rule?.convert?.factor ?? '1')
  const converted = times(quantity, rule?.convert?.by === 'divide' ? inverse(factor) : factor)
  const rounded = rule?.round === undefined ? converted : roundedTo(rule.round, converted)
  const left = difference(rounded, units(rule?.free?.units ?? '0'))
  return left.numerator < 0n ? zero : left
}

function roundedTo({ mode, to }: NonNullable<QuantityRule['round']>, quantity: Rational): Rational {
  const step = units(to)
  const steps = times(quantity, inverse(step))
  const added = { up: rational(steps.denominator - 1n, steps.denominator), half: rational(1n, 2n), down: zero }[mode]
  const whole = add(steps, added)
  return times(rational(whole.numerator / whole.denominator, 1n), step)
}

function tierAmount(tier: Tier, per: string, quantity: Rational): Rational {
  if (tier.package_size === undefined) return times(quantity, nanos(tier.rate), inverse(parseRate(per)))
  return times(startedPackages(quantity, units(tier.package_size)), nanos(tier.rate))
}

function startedPackages(quantity: Rational, size: Rational): Rational {
  return quantity.numerator <= 0n ? zero : rational(ceiling(times(quantity, inverse(size))), 1n)
}

function ceiling({ numerator, denominator }: Rational): bigint {
  return (numerator + denominator - 1n) / denominator
}
function units(text: string): Rational {
  return rational(parseQuantity(text), oneUnit)
}
function nanos(text: string): Rational {
  return times(parseRate(text), rational(1_000_000_000n, 1n))
}
function times(...factors: Rational[]): Rational {
  return factors.reduce(multiply, rational(1n, 1n))
}
function inverse({ numerator, denominator }: Rational): Rational {
  return rational(denominator, numerator)
}
function difference(left: Rational, right: Rational): Rational {
  return add(left, { numerator: -right.numerator, denominator: right.denominator })
}
function compare(left: Rational, right: Rational): number {
  const { numerator } = difference(left, right)
  return numerator < 0n ? -1 : numerator > 0n ? 1 : 0
}
