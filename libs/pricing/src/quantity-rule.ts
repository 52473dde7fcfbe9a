import { rational, type Rational, roundBy, type RoundingMode } from '@portitor/money'
import { BookInvalid, type QuantityRule } from './charge.ts'
import { readPositive, readQuantity, readRate } from './read-rate.ts'

/** A rule made ready. A conversion's denominator becomes the scale of the quantities, so nothing is rounded unasked. */
export interface CompiledQuantityRule {
  readonly factor: bigint
  readonly scale: bigint
  readonly rounding: RoundingMode
  /** In converted 10⁻⁹ units × scale; 1 rounds nothing. */
  readonly multiple: bigint
  readonly free: bigint
  readonly belowZero: 'mirror' | 'zero'
}

const roundings = { up: 'up', down: 'down', half: 'half_up' } as const

/** Throws `BookInvalid` where a factor or a multiple is zero. */
export function compileQuantityRule(rule: QuantityRule | undefined, field: string): CompiledQuantityRule {
  const { numerator: factor, denominator: scale } = conversionOf(rule?.convert, `${field}.convert.factor`)
  return {
    factor,
    scale,
    rounding: roundings[rule?.round?.mode ?? 'up'],
    multiple: rule?.round === undefined ? 1n : readPositive(rule.round.to, `${field}.round.to`) * scale,
    free: readQuantity(rule?.free?.units ?? '0', `${field}.free.units`) * scale,
    belowZero: rule?.below_zero ?? 'mirror',
  }
}

/** Converted, rounded and freed of its allowance: 10⁻⁹ units × scale of a quantity ≥ 0. */
export function applyQuantityRule(rule: CompiledQuantityRule, quantity: bigint): bigint {
  const converted = quantity * rule.factor
  const rounded = rule.multiple === 1n ? converted : roundBy(rule.rounding, converted, rule.multiple) * rule.multiple
  return rounded <= rule.free ? 0n : rounded - rule.free
}

function conversionOf(convert: QuantityRule['convert'], field: string): Rational {
  if (convert === undefined) return rational(1n, 1n)
  const { numerator, denominator } = readRate(convert.factor, field)
  if (numerator === 0n) throw new BookInvalid(field, 'is above zero')
  return convert.by === 'multiply' ? rational(numerator, denominator) : rational(denominator, numerator)
}
