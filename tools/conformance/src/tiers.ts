import { type Tier } from '@portitor/pricing'
import { type Fields, fractionOf, VectorUnclear } from './vector.ts'

/** `{up_to | to, unit_amount, flat_amount}`; null amounts are none. */
export function tiersOf(list: readonly Fields[]): Tier[] {
  return list.map((fields) => {
    const up_to = fields.optional('up_to') ?? fields.optional('to') ?? null
    const tier = {
      up_to,
      rate: fields.optional('unit_amount') ?? '0',
      flat_amount: fields.optional('flat_amount'),
    }
    fields.done()
    return tier
  })
}

/** Inclusive ranges as tiers: whole ones (`0–10, 11–20`) and those whose ends meet (`0–0.1, 0.1–1`). Gaps and overlaps are refused. */
export function rangesOf(list: readonly Fields[], rateName: string): { tiers: Tier[]; whole: boolean } {
  let previous: string | undefined
  let whole = true
  const tiers = list.map((fields, index) => {
    const from = fields.text('from')
    const to = fields.optional('to')
    if (index === 0 ? fractionOf(from).numerator !== 0n : !follows(previous, from))
      throw new RangeError(`ranges.${index}.from: ${from} does not follow ${previous ?? '0'}`)
    if (from.includes('.') || to?.includes('.') === true || from === previous) whole = false
    previous = to
    const tier = {
      up_to: to ?? null,
      rate: fields.optional(rateName) ?? '0',
      flat_amount: fields.optional('flat_amount'),
    }
    fields.done()
    return tier
  })
  if (tiers.length === 0) throw new VectorUnclear('input.ranges: at least one is expected')
  return { tiers, whole }
}

function follows(previous: string | undefined, from: string): boolean {
  if (previous === undefined) return false
  const [end, start] = [fractionOf(previous), fractionOf(from)]
  const gap = start.numerator * end.denominator - end.numerator * start.denominator
  const unit = start.denominator * end.denominator
  return gap === 0n || gap === unit
}
