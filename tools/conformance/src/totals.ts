import { formatQuantity } from '@portitor/money'
import {
  compileAmountRule,
  compileEventModel,
  compileModel,
  compileTotal,
  compileVolume,
  evaluate,
  evaluateEvents,
  feeAtZero,
  marginSource,
  packagesOf,
  tierSlices,
  type TotalPrice,
  volumeTierIndex,
} from '@portitor/pricing'
import { linePriceOf } from './invoice-lines.ts'
import { type Answer, billionths, decimalOf, type Fields, VectorUnclear } from './vector.ts'

const noRule = compileAmountRule(undefined, undefined, 'amount')

export function standard(input: Fields): Answer {
  const amount = owed({ model: 'per_unit', rate: input.text('unit_amount'), per: '1' }, input.text('quantity'))
  input.done()
  return { actual: { amount: decimalOf(amount) } }
}

export function grouped(input: Fields): Answer {
  const rate = input.text('unit_amount')
  const groups = input.list('groups').map((group) => {
    const amount = owed({ model: 'per_unit', rate, per: '1' }, group.text('quantity'))
    return { key: group.raw('key'), amount }
  })
  input.done()
  const total = groups.reduce((sum, { amount }) => sum + amount, 0n)
  const written = groups.map(({ key, amount }) => ({ key, amount: decimalOf(amount) }))
  return { actual: { groups: written, amount: decimalOf(total) } }
}

export function packageCount(input: Fields): Answer {
  const model = compileTotal({ model: 'package', size: input.text('package_size'), amount: '1' }, 'price')
  const quantity = billionths(input.text('quantity'))
  input.done()
  if (model.model !== 'package') throw new VectorUnclear('a package is expected')
  return { actual: { packages: packagesOf(model, quantity).toString() } }
}

export function packageFree(input: Fields): Answer {
  const [size, amount] = [input.text('package_size'), input.text('package_amount')]
  const price: TotalPrice = { model: 'package', size, amount, free_units: input.text('free_units', '0') }
  const total = owed(price, input.text('quantity'))
  input.done()
  return { actual: { amount: decimalOf(total) } }
}

export function graduatedTotal(input: Fields): Answer {
  const model = compileModel(tieredPrice(input))
  const quantity = billionths(input.text('quantity'))
  input.done()
  return { actual: { total: decimalOf(evaluate(model, quantity) + feeAtZero(model)) } }
}

export function graduatedSplit(input: Fields): Answer {
  const model = compileModel(tieredPrice(input))
  const [from, to] = [billionths(input.text('from_qty_exclusive')), billionths(input.text('to_qty_inclusive'))]
  input.done()
  const segments = tierSlices(model, from, to).map((slice) => ({
    tier: slice.tier,
    quantity: formatQuantity(slice.to - slice.from),
    enters_tier: slice.enters,
  }))
  const total = decimalOf(evaluate(model, to) + feeAtZero(model))
  return { actual: { cumulative_total_at_to: total, segments } }
}

export function volumeTierLookup(input: Fields): Answer {
  const price = tieredPrice(input)
  const quantity = billionths(input.text('quantity'))
  input.done()
  if (price.model !== 'volume') throw new VectorUnclear('input.price.model: tiered_volume is expected')
  return { actual: { tier: volumeTierIndex(compileVolume(price, 'price'), quantity) + 1 } }
}

/** The price of each event, summed. */
export function dynamicEventAmount(input: Fields): Answer {
  const cents = billionths(input.text('sum_event_amount_cents'))
  input.optional('quantity')
  input.done()
  const model = compileEventModel({ model: 'dynamic', multiplier: '0.01' }, 'price')
  const evaluated = evaluateEvents(model, noRule, [{ id: '1', timeMs: 0, value: cents }])
  if ('refused' in evaluated) throw new VectorUnclear(evaluated.refused.detail)
  return { actual: { amount: decimalOf(evaluated.total) } }
}

/** A margin of the model before the provider's, before the standard one, before none. */
export function tokenMarkup(input: Fields): Answer {
  const cost = billionths(input.text('base_cost'))
  const [ofModel, ofProvider] = [input.optional('model_markup_percent'), input.optional('provider_markup_percent')]
  const standardMargin = input.optional('default_markup_percent')
  input.done()
  const margins = [
    ...(ofModel === undefined ? [] : [{ model: 'm', margin_percent: ofModel }]),
    ...(ofProvider === undefined ? [] : [{ provider: 'p', margin_percent: ofProvider }]),
  ]
  const model = compileEventModel({ model: 'cost_plus', margin_percent: standardMargin ?? '0', margins }, 'price')
  if (model.model !== 'cost_plus') throw new VectorUnclear('a margin is expected')
  const event = { id: '1', timeMs: 0, provider: 'p', model: 'm', cost }
  const evaluated = evaluateEvents(model, noRule, [event])
  if ('refused' in evaluated) throw new VectorUnclear(evaluated.refused.detail)
  const source = marginSource(model, event)
  const said = source === 'default' && standardMargin === undefined ? 'none' : source
  return { actual: { amount: decimalOf(evaluated.total), markup_source: said } }
}

export function creditConversion(input: Fields): Answer {
  const credits = owed({ model: 'per_unit', rate: input.text('credits_per_unit'), per: '1' }, input.text('units'))
  input.done()
  return { actual: { credits: decimalOf(credits) } }
}

function tieredPrice(input: Fields): TotalPrice {
  const { total } = linePriceOf(input.fields('price'))
  input.optional('currency')
  if (total === undefined) throw new VectorUnclear('input.price.model: tiers are expected')
  return total
}

function owed(price: TotalPrice, quantity: string): bigint {
  return evaluate(compileModel(price), billionths(quantity))
}
