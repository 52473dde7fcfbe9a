import {
  type BillLine,
  compileTotal,
  componentsOf,
  creditLines,
  exactSum,
  linesOf,
  lineTotal,
  roundedTo,
  subtractLines,
} from '@portitor/pricing'
import { blockPrice } from './blocks.ts'
import { cent, converterOf, linePriceOf, linesOfPart, totalsOf, writtenLine } from './invoice-lines.ts'
import { type Answer, billionths, decimalOf, type Fields } from './vector.ts'

/** Each phase rates the cumulative quantity from zero and owes what that adds to the lines already booked; the minimum only at the end. */
export function rerateDelta(input: Fields): Answer {
  const price = linePriceOf(input.fields('price'))
  const percentOff = input.optional('percentage_discount')
  const free = billionths(input.text('usage_discount', '0'))
  const convert = input.has('unit_config') ? converterOf(input.fields('unit_config')) : (quantity: bigint) => quantity
  input.optional('currency')
  let booked: BillLine[] = []
  const phases = input.list('phases').map((phase) => {
    phase.optional('period')
    const cumulative = convert(billionths(phase.text('cumulative_qty')))
    const own = cumulative > free ? cumulative - free : 0n
    const final = phase.flag('final', false)
    const credits = phase.texts('credits_to_apply').map(billionths)
    phase.done()
    const bounds = final ? price : { ...price, minSpend: undefined }
    const lines = linesOfPart(bounds, { mode: 'single', before: 0n, own, billed: 0n, percentOff })
    const added = subtractLines(lines, booked)
    booked = [...booked, ...added]
    const { lines: credited, left } = creditLines(added, credits)
    if (left > 0n) throw new RangeError('credits_to_apply: more than the lines come to, and nobody may lose it')
    const written = credited.map((line, index) => ({ ...writtenLine(line), is_correction: added[index]!.isCorrection }))
    return { lines: written, totals: totalsOf(credited) }
  })
  input.done()
  return { actual: { phases } }
}

/** Units already billed tier by tier: only what each tier adds is owed. */
export function rerateIncremental(input: Fields): Answer {
  const policy = input.text('tier_policy')
  const byUnit: Record<string, string[]> = {}
  let total = 0n
  for (const unit of input.list('units')) {
    const name = unit.text('unit')
    const model = compileTotal(blockPrice(policy, unit.list('blocks')), 'price')
    const billed = unit.texts('already_billed').map(billionths)
    const parts = componentsOf(model, billionths(unit.text('quantity')))
    unit.done()
    const amounts = parts.map((part, index) => {
      const added = exactSum([{ ...part, quantity: part.quantity - (billed[index] ?? 0n) }])
      return roundedTo(1n, added)
    })
    byUnit[name] = amounts.map(decimalOf)
    total += amounts.reduce((sum, amount) => sum + amount, 0n)
  }
  input.done()
  return { actual: { amount: decimalOf(total), by_unit: byUnit } }
}

/** A rounded total against what was billed of it. */
export function rerateRounding(input: Fields): Answer {
  const model = compileTotal({ model: 'per_unit', rate: input.text('unit_amount'), per: '1' }, 'price')
  const lines = linesOf(componentsOf(model, billionths(input.text('quantity'))), cent)
  const billed = billionths(input.text('already_billed'))
  input.optional('currency')
  input.done()
  const total = lines.reduce((sum, line) => sum + lineTotal(line), 0n)
  return { actual: { additional: decimalOf(total - billed) } }
}
