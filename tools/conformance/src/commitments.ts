import {
  capLines,
  capacityAmount,
  compileCapacity,
  compileTotal,
  componentsOf,
  linesOf,
  prorate,
  trueUp,
} from '@portitor/pricing'
import { cent } from './invoice-lines.ts'
import { type Answer, billionths, decimalOf, type Fields } from './vector.ts'

export function capacity(input: Fields): Answer {
  const tiers = input.list('tiers').map((tier) => {
    const limits = tier.raw('limits') as Record<string, string | null>
    const fee = { amount: tier.text('price'), limits }
    tier.done()
    return fee
  })
  const peaks = new Map([...input.fields('peak_usage').others()].map(([unit, peak]) => [unit, billionths(peak)]))
  input.done()
  const amount = capacityAmount(compileCapacity({ model: 'capacity', tiers }, 'price'), peaks)
  if (amount === undefined) throw new RangeError('no tier holds the peaks')
  return { actual: { amount: decimalOf(amount) } }
}

export function maxSpend(input: Fields): Answer {
  const line = input.fields('line')
  const model = compileTotal({ model: 'per_unit', rate: line.text('unit'), per: '1' }, 'price')
  const lines = linesOf(componentsOf(model, billionths(line.text('qty'))), cent)
  line.done()
  const [capped] = capLines(
    lines,
    billionths(input.text('max_spend')),
    billionths(input.text('billed_before_line', '0')),
  )
  input.optional('currency')
  input.done()
  return { actual: { max_spend_discount: decimalOf(capped?.discounts[0] ?? 0n) } }
}

export function commitmentProration(input: Fields): Answer {
  const prorated = proratedCents(input, 'commitment_cents')
  input.done()
  return { actual: { commitment_cents: decimalOf(prorated) } }
}

export function commitmentTrueUp(input: Fields): Answer {
  const [committed, fees] = [billionths(input.text('commitment_cents')), billionths(input.text('fees_cents'))]
  input.done()
  return { actual: { true_up_cents: decimalOf(trueUp(committed, fees)) } }
}

export function chargeMinimumProrated(input: Fields): Answer {
  const due = trueUp(proratedCents(input, 'minimum_cents'), billionths(input.text('fee_cents')))
  input.done()
  return { actual: { true_up_cents: decimalOf(due) } }
}

/** Whole cents, in these vectors the unit. */
function proratedCents(input: Fields, name: string): bigint {
  const days = { billed: input.whole('billed_days'), period: input.whole('period_days') }
  return prorate(billionths(input.text(name)), days, 1_000_000_000n)
}
