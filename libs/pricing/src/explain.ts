import { formatAmount, formatQuantity, sum } from '@portitor/money'
import type { BookSide, ComposedPrice, TotalPrice } from './charge.ts'
import type { EventPricingData } from './event-pricing.ts'
import { eventInWords } from './event-words.ts'
import { groupText, priceInWords, quantityText } from './explanation-words.ts'
import { compileModel, evaluate, type EvaluableModel } from './evaluate.ts'
import type { SegmentName } from './rate-uses.ts'
import { bookName } from './refusal.ts'
import { tierSlices, type TierSlice } from './tier-slices.ts'
import { priceOfTotal } from './total-function.ts'

/** What the rater keeps of one step, enough to explain it for good: quantities in 10⁻⁹ units, the amount in nano-units. */
export interface StoredStep extends SegmentName {
  readonly q0: bigint
  readonly q1: bigint
  readonly amount: bigint
  readonly price: TotalPrice | ComposedPrice | EventPricingData
}

/** One line of an explanation; the amounts of a step's lines sum to the step's. */
export interface ExplainedLine extends SegmentName {
  /** Counted from 1; null where there are no tiers. */
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
export function priceOf(model: EvaluableModel): TotalPrice | ComposedPrice {
  return model.model === 'composed' ? model.price : priceOfTotal(model, formatQuantity)
}

/** Says every cent of an event in words and numbers, recomputed from the quantities and rates and compared with what was recorded. */
export function explain(steps: readonly StoredStep[], currency: string): Explanation {
  const lines: ExplainedLine[] = []
  const contradictions: string[] = []
  for (const step of steps) {
    if (step.price.model === 'by_event') {
      lines.push(eventLineOf(step, step.price, currency))
      continue
    }
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

/** What the event owes is recorded; it follows from all the events of its segment, which are not looked at again. */
function eventLineOf({ price: _, ...step }: StoredStep, { price }: EventPricingData, currency: string): ExplainedLine {
  const { rate, words } = eventInWords(price, currency)
  const { amount, q0, q1, charge, side } = step
  const counted = quantityText(q1 - q0)
  const text = `${counted} at ${words}: ${side === 'price' ? 'owed' : 'cost'} ${formatAmount(amount, currency)}. Charge ${charge}, ${publishedBy(step)}.`
  return { ...step, tier: null, rate, per: '1', before: 0n, after: amount, text }
}

/** `plan pro version 3`, `price book version 1`. */
function publishedBy({ side, plan, version }: Pick<SegmentName, 'side' | 'plan' | 'version'>): string {
  return bookName({ side, version, ...(plan === undefined ? {} : { plan }) })
}

function lineOf(step: StoredStep, model: EvaluableModel, slice: TierSlice, currency: string): ExplainedLine {
  const { side, charge, plan, version, group, cell } = step
  const [before, after] = [evaluate(model, slice.from), evaluate(model, slice.to)]
  const amount = after - before
  const money = (nanos: bigint): string => formatAmount(nanos, currency)
  const { tier, rate, per, words } = priceInWords(model, slice, currency)
  const text =
    `${quantityText(slice.to - slice.from)} ${cell}${groupText(group, cell)} at ${words}: the total goes from ${quantityText(slice.from)} ` +
    `(${money(before)}) to ${quantityText(slice.to)} (${money(after)}), ${side === 'price' ? 'owed' : 'cost'} ${money(amount)}. ` +
    `Charge ${charge}, ${publishedBy(step)}.`
  return {
    side,
    charge,
    ...(plan === undefined ? {} : { plan }),
    version,
    group,
    cell,
    tier,
    q0: slice.from,
    q1: slice.to,
    rate,
    per,
    before,
    after,
    amount,
    text,
  }
}
