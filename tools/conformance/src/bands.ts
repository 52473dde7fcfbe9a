import { oneUnit } from '@portitor/money'
import { compileModel, type ComposedPrice, evaluate, type Tier } from '@portitor/pricing'
import { tiersOf } from './tiers.ts'
import { type Answer, billionths, decimalOf, type Fields } from './vector.ts'

/** Quantities are rounded up to whole billing units before the tiers, and rates are for a billing unit. */
export function graduatedBands(input: Fields): Answer {
  const { quantity, per, rules } = bandInput(input)
  const tiers = tiersOf(input.list('tiers'))
  input.done()
  const amountWith = (list: Tier[]): object => ({
    amount: amountOf({ model: 'composed', price: { model: 'graduated', per, tiers: list }, quantity: rules }, quantity),
  })
  return {
    actual: amountWith(tiers),
    exception: {
      reason:
        'a tier owes its flat amount when it is entered; the dialect documents flat amounts and does not charge them',
      dialect: amountWith(tiers.map((tier) => ({ ...tier, flat_amount: undefined }))),
    },
  }
}

/** The allowance is a free tier in front, which moves the others up; above it the whole quantity is priced. */
export function volumeBands(input: Fields): Answer {
  const { quantity, per, rules } = bandInput(input)
  const allowance = billionths(input.text('allowance', '0'))
  const tiers = tiersOf(input.list('tiers'))
  input.done()
  const moved = tiers.map((tier) =>
    tier.up_to === null ? tier : { ...tier, up_to: decimalOf(billionths(tier.up_to) + allowance) },
  )
  const free: Tier[] = allowance === 0n ? [] : [{ up_to: decimalOf(allowance), rate: '0' }]
  const price: ComposedPrice = {
    model: 'composed',
    price: { model: 'volume', per, tiers: [...free, ...moved] },
    quantity: rules,
  }
  return { actual: { amount: amountOf(price, quantity) } }
}

function bandInput(input: Fields): { quantity: bigint; per: string; rules: NonNullable<ComposedPrice['quantity']> } {
  const per = input.text('billing_units', '1')
  const below_zero = input.flag('allow_negative', false) ? 'mirror' : 'zero'
  const quantity = billionths(input.text('quantity'))
  if (billionths(per) % oneUnit !== 0n) throw new RangeError('billing_units: whole units are expected')
  return { quantity, per, rules: { round: { mode: 'up', to: per }, below_zero } }
}

function amountOf(price: ComposedPrice, quantity: bigint): string {
  return decimalOf(evaluate(compileModel(price), quantity))
}
