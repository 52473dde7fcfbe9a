import { oneUnit, roundHalfEven } from '@portitor/money'
import {
  compileAmountRule,
  compileEventModel,
  compileModel,
  compileVolume,
  evaluate,
  evaluateEvents,
  feeAtZero,
  volumeNumerator,
} from '@portitor/pricing'
import { rangesOf } from './tiers.ts'
import { type Answer, billionths, decimalOf, type Fields, VectorUnclear } from './vector.ts'

/** Each range prices what falls into it, and owes its flat amount when it is entered; the first is a fee of the period. */
export function graduatedRanges(rateName: string, per: string): (input: Fields) => Answer {
  return (input) => {
    const { tiers, whole } = rangesOf(input.list('ranges'), rateName)
    const quantity = billionths(input.text('quantity'))
    input.done()
    const model = compileModel({ model: 'graduated', per, tiers, first_flat: 'every_period' })
    const amountAt = (at: bigint): object => ({ amount: decimalOf(evaluate(model, at) + feeAtZero(model)) })
    if (!whole || quantity % oneUnit === 0n) return { actual: amountAt(quantity) }
    return {
      actual: amountAt(quantity),
      exception: {
        reason:
          'ranges end with their last unit included, decimals as well; between whole ranges the dialect counts no fraction',
        dialect: amountAt(quantity - (quantity % oneUnit)),
      },
    }
  }
}

/** The range that holds the units, rounded up, prices all of them; `tier_quantity` finds it where seats are prorated. */
export function volumeRanges(input: Fields): Answer {
  const { tiers } = rangesOf(input.list('ranges'), 'unit_amount')
  const quantity = billionths(input.text('quantity'))
  const tierQuantity = input.optional('tier_quantity')
  input.done()
  const model = compileVolume(
    { model: 'volume', per: '1', tiers, first_flat: 'every_period', tier_by: 'whole_units' },
    'price',
  )
  const owed = volumeNumerator(model, quantity, tierQuantity === undefined ? quantity : billionths(tierQuantity))
  return { actual: { amount: decimalOf(roundHalfEven(owed, model.denominator)) } }
}

/** Seats that come and go: each step at the share of the period that it lasts. */
export function proratedGraduated(input: Fields): Answer {
  const { tiers } = rangesOf(input.list('ranges'), 'unit_amount')
  const events = input.list('events').map((event, index) => {
    const step = {
      id: String(index).padStart(9, '0'),
      timeMs: index,
      quantity: billionths(event.text('units')),
      prorated: billionths(event.text('prorated_units')),
    }
    event.done()
    return step
  })
  input.done()
  const model = compileEventModel({ model: 'prorated_graduated', per: '1', tiers }, 'price')
  const evaluated = evaluateEvents(model, compileAmountRule(undefined, undefined, 'amount'), events)
  if ('refused' in evaluated) throw new VectorUnclear(evaluated.refused.detail)
  return { actual: { amount: decimalOf(evaluated.total) } }
}
