import { currencySymbol, formatAmount, formatQuantity, groupThousands, sum } from '@portitor/money'
import type { BookSide, GraduatedPrice, PerUnitPrice } from './charge.ts'
import { compileModel, evaluate, type EvaluableModel } from './evaluate.ts'
import type { SegmentName } from './rate-uses.ts'
import { tierSlices, type TierSlice } from './tier-slices.ts'

/** What the rater keeps of one step, enough to explain it for good: quantities in 10⁻⁹ units, the amount in nano-units. */
export interface StoredStep extends SegmentName {
  readonly q0: bigint
  readonly q1: bigint
  readonly amount: bigint
  readonly price: PerUnitPrice | GraduatedPrice
}

/** One line of an explanation; the amounts of a step's lines sum to the step's. */
export interface ExplainedLine extends SegmentName {
  /** Counted from 1; null where there is one rate for every unit. */
  readonly tier: number | null
  readonly q0: bigint
  readonly q1: bigint
  readonly rate: string
  readonly per: string
  /** F(q₀), F(q₁) and their difference, in nano-units. */
  readonly before: bigint
  readonly after: bigint
  readonly amount: bigint
  readonly text: string
}

export interface Explanation {
  readonly lines: readonly ExplainedLine[]
  readonly price: bigint
  readonly cost: bigint
  /** Steps whose recorded amount is not what their rate gives. Empty unless stored data was changed. */
  readonly contradictions: readonly string[]
}

/** The price of a model as plain data, to be stored beside a step: `compileModel` turns it back. */
export function priceOf(model: EvaluableModel): PerUnitPrice | GraduatedPrice {
  if (model.model === 'per_unit') return { model: 'per_unit', rate: model.rate, per: model.per }
  const tiers = model.tiers.map(({ upTo, rate, flatAmount }) => ({
    up_to: upTo === undefined ? null : formatQuantity(upTo),
    rate,
    ...(flatAmount === undefined ? {} : { flat_amount: flatAmount }),
  }))
  return { model: 'graduated', per: model.per, tiers }
}

/** Says every cent of an event in words and numbers (R-11), recomputed from the quantities and rates and compared with what was recorded. */
export function explain(steps: readonly StoredStep[], currency: string): Explanation {
  const lines: ExplainedLine[] = []
  const contradictions: string[] = []
  for (const step of steps) {
    const model = compileModel(step.price)
    lines.push(...tierSlices(model, step.q0, step.q1).map((slice) => lineOf(step, model, slice, currency)))
    const due = evaluate(model, step.q1) - evaluate(model, step.q0)
    if (due !== step.amount)
      contradictions.push(
        `${step.side} ${step.charge} ${step.group} ${step.cell}: recorded ${formatAmount(step.amount, currency)}, its rate gives ${formatAmount(due, currency)}`,
      )
  }
  const total = (side: BookSide): bigint => sum(steps.filter((step) => step.side === side).map((step) => step.amount))
  return { lines, price: total('price'), cost: total('cost'), contradictions }
}

function lineOf(step: StoredStep, model: EvaluableModel, slice: TierSlice, currency: string): ExplainedLine {
  const { side, charge, version, group, cell } = step
  const tier = model.model === 'per_unit' ? undefined : model.tiers[slice.tier - 1]!
  const rate = model.model === 'per_unit' ? model.rate : tier!.rate
  const [before, after] = [evaluate(model, slice.from), evaluate(model, slice.to)]
  const amount = after - before

  const money = (nanos: bigint): string => formatAmount(nanos, currency)
  const where = tier === undefined ? '' : `, tier ${slice.tier} (${rangeOf(tier)})`
  const flat =
    slice.enters && tier?.flatAmount !== undefined
      ? ` plus ${currencySymbol(currency)}${tier.flatAmount} on entering it`
      : ''
  const text =
    `${quantityText(slice.to - slice.from)} ${cell}${ofGroup(group, cell)} at ${currencySymbol(currency)}${groupThousands(rate)}` +
    `${model.per === '1' ? ' each' : ` per ${groupThousands(model.per)}`}${where}${flat}: the total goes from ${quantityText(slice.from)} ` +
    `(${money(before)}) to ${quantityText(slice.to)} (${money(after)}), ${side === 'price' ? 'owed' : 'cost'} ${money(amount)}. ` +
    `Charge ${charge}, ${side} book version ${version}.`
  const at = { tier: tier === undefined ? null : slice.tier, q0: slice.from, q1: slice.to }
  return { side, charge, version, group, cell, ...at, rate, per: model.per, before, after, amount, text }
}

function rangeOf(tier: { from: bigint; upTo: bigint | undefined }): string {
  const above = tier.from === 0n ? '' : `above ${quantityText(tier.from)}`
  const upTo = tier.upTo === undefined ? '' : `up to ${quantityText(tier.upTo)}`
  return [above, upTo].filter((part) => part !== '').join(' ') || 'all'
}

function ofGroup(group: string, cell: string): string {
  if (group === cell) return ''
  const at = group.lastIndexOf('@')
  const over = group.slice(at + 1)
  return ` of ${group.slice(0, at)}${over === '0' ? '' : ` (input over ${groupThousands(over)} tokens)`}`
}

function quantityText(quantity: bigint): string {
  const text = groupThousands(formatQuantity(quantity < 0n ? -quantity : quantity))
  return quantity < 0n ? `−${text}` : text
}
