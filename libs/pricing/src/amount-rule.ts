import { nanosPerUnit, rational, type Rational } from '@portitor/money'
import type { AmountRule } from './charge.ts'
import { readPercent, readRate } from './read-rate.ts'

/** A rule made ready: everything in fractions, so that nothing is rounded before the one rounding of F. */
export interface CompiledAmountRule {
  /** 1 − discount. */
  readonly kept: Rational
  /** In nano-units of the charge's currency. */
  readonly max: Rational | undefined
  /** What one unit of the charge's currency is worth in the book's. */
  readonly creditRate: Rational
}

/** Throws `BookInvalid` where a discount exceeds 100 percent or a number is none. */
export function compileAmountRule(
  rule: AmountRule | undefined,
  creditRate: string | undefined,
  field: string,
): CompiledAmountRule {
  const off = readPercent(rule?.discount_percent ?? '0', `${field}.discount_percent`)
  const max = rule?.max === undefined ? undefined : readRate(rule.max, `${field}.max`)
  if (rule?.min !== undefined) readRate(rule.min.amount, `${field}.min.amount`)
  return {
    kept: rational(off.denominator - off.numerator, off.denominator),
    max: max && { numerator: max.numerator * nanosPerUnit, denominator: max.denominator },
    creditRate: readRate(creditRate ?? '1', 'credits.rate'),
  }
}

/** Discounted, capped, and turned into the book's currency, in this order; exact. */
export function applyAmountRule(rule: CompiledAmountRule, numerator: bigint, denominator: bigint): Rational {
  let n = numerator * rule.kept.numerator
  let d = denominator * rule.kept.denominator
  if (rule.max !== undefined && n * rule.max.denominator > rule.max.numerator * d)
    ({ numerator: n, denominator: d } = rule.max)
  return { numerator: n * rule.creditRate.numerator, denominator: d * rule.creditRate.denominator }
}
