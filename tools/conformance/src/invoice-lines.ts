import { rational } from '@portitor/money'
import {
  applyQuantityRule,
  type BillLine,
  capLines,
  compileAmountRule,
  compileEventModel,
  compileQuantityRule,
  compileTotal,
  type Component,
  componentsOf,
  discountLines,
  evaluateEvents,
  linesOf,
  lineTotal,
  minimumLine,
  roundedTo,
  subtractComponents,
  type TotalPrice,
} from '@portitor/pricing'
import { tiersOf } from './tiers.ts'
import { billionths, decimalOf, type Fields, VectorUnclear } from './vector.ts'

/** Invoice lines of these vectors are in cents. */
export const cent = 10_000_000n

/** A price of the line dialect, and what goes with it. */
export interface LinePrice {
  readonly model: 'total' | 'volume' | 'package' | 'dynamic' | 'flat'
  readonly total?: TotalPrice
  readonly multiplier?: string
  readonly flat?: { readonly amount: string; readonly due: string }
  readonly minSpend: bigint | undefined
  readonly maxSpend: bigint | undefined
}

/** A part of a period: the quantity before it and its own, 10⁻⁹ units. */
export interface Part {
  readonly mode: 'single' | 'mid' | 'last'
  readonly before: bigint
  readonly own: bigint
  readonly billed: bigint
  readonly percentOff: string | undefined
}

export function linePriceOf(fields: Fields): LinePrice {
  const spend = (name: string): bigint | undefined => {
    const text = fields.optional(name)
    return text === undefined ? undefined : billionths(text)
  }
  const bounds = { minSpend: spend('min_spend'), maxSpend: spend('max_spend') }
  const price = { ...modelOf(fields), ...bounds }
  fields.done()
  return price
}

function modelOf(fields: Fields): Pick<LinePrice, 'model' | 'total' | 'multiplier' | 'flat'> {
  const model = fields.text('model')
  switch (model) {
    case 'unit':
      return { model: 'total', total: { model: 'per_unit', rate: fields.text('unit_amount'), per: '1' } }
    case 'package': {
      const [size, amount] = [fields.text('package_size'), fields.text('package_amount')]
      return { model: 'package', total: { model: 'package', size, amount } }
    }
    case 'tiered_graduated':
      return { model: 'total', total: tiered('graduated', fields) }
    case 'tiered_volume':
      return { model: 'volume', total: tiered('volume', fields) }
    case 'dynamic':
      return { model: 'dynamic', multiplier: fields.text('multiplier', '1') }
    case 'flat':
      return { model: 'flat', flat: { amount: fields.text('amount'), due: fields.text('payment_term', 'in_advance') } }
    default:
      throw new VectorUnclear(`input.price.model: ${model} is unknown`)
  }
}

/** A first tier's flat amount is a fee of the period in this dialect. */
function tiered(model: 'graduated' | 'volume', fields: Fields): TotalPrice {
  return { model, per: '1', tiers: tiersOf(fields.list('tiers')), first_flat: 'every_period' }
}

/** The lines of a part: components, percentage discount, maximum, minimum, in this order. */
export function linesOfPart(price: LinePrice, part: Part): BillLine[] {
  const plain = linesOf(componentsOfPart(price, part), cent)
  if (price.model === 'flat') return plain
  const discounted = part.percentOff === undefined ? plain : discountLines(plain, part.percentOff, cent)
  const capped = price.maxSpend === undefined ? discounted : capLines(discounted, price.maxSpend, part.billed)
  const closes = part.mode !== 'mid' && price.minSpend !== undefined
  return closes ? [...capped, ...minimumLine(capped, price.minSpend, part.billed)] : capped
}

function componentsOfPart(price: LinePrice, { mode, before, own }: Part): Component[] {
  switch (price.model) {
    case 'flat':
      return price.flat !== undefined && (mode === 'single' || (mode === 'last' && price.flat.due === 'in_arrears'))
        ? [{ name: 'flat', rate: rational(billionths(price.flat.amount), 1_000_000_000n), quantity: 1_000_000_000n }]
        : []
    case 'dynamic':
      return dynamicComponent(price.multiplier ?? '1', own)
    case 'volume':
      return mode === 'mid' ? [] : componentsOf(compileTotal(price.total!, 'price'), before + own)
    case 'package':
    case 'total': {
      const model = compileTotal(price.total!, 'price')
      const fresh = mode === 'single' && (before === 0n || price.model === 'package')
      return subtractComponents(componentsOf(model, before + own), fresh ? [] : componentsOf(model, before))
    }
  }
}

/** One line whose unit is the amount itself, in cents. */
function dynamicComponent(multiplier: string, quantity: bigint): Component[] {
  const model = compileEventModel({ model: 'dynamic', multiplier }, 'price')
  const rule = compileAmountRule(undefined, undefined, 'amount')
  const evaluated = evaluateEvents(model, rule, [{ id: '1', timeMs: 0, value: quantity }])
  if ('refused' in evaluated) throw new RangeError(evaluated.refused.detail)
  const amount = roundedTo(cent, rational(evaluated.total, 1n))
  return amount === 0n ? [] : [{ name: 'usage', rate: rational(amount, 1_000_000_000n), quantity: 1_000_000_000n }]
}

/** Converts and rounds a quantity by the dialect's `unit_config`. */
export function converterOf(fields: Fields): (quantity: bigint) => bigint {
  const op = fields.text('op')
  if (op !== 'divide' && op !== 'multiply') throw new VectorUnclear(`input.unit_config.op: ${op} is unknown`)
  const rounding = fields.text('rounding', 'none')
  const mode = ({ ceiling: 'up', floor: 'down', round: 'half', half_up: 'half', none: undefined } as const)[rounding]
  if (!['ceiling', 'floor', 'round', 'half_up', 'none'].includes(rounding))
    throw new VectorUnclear(`input.unit_config.rounding: ${rounding} is unknown`)
  const rule = compileQuantityRule(
    {
      convert: { by: op, factor: fields.text('factor') },
      ...(mode === undefined ? {} : { round: { mode, to: '1' } }),
    },
    'quantity',
  )
  const enabled = fields.flag('enabled', true)
  fields.done()
  // A configured conversion that is switched off would bill raw units at the price of converted ones.
  if (!enabled) throw new RangeError('unit_config: a price with a conversion is never rated without it')
  return (quantity) => {
    const scaled = applyQuantityRule(rule, quantity)
    if (scaled % rule.scale !== 0n) throw new VectorUnclear('a converted quantity is finer than 10⁻⁹')
    return scaled / rule.scale
  }
}

/** Lines as the vectors write them. */
export function writtenLines(lines: readonly BillLine[]): { lines: object[]; total: string } {
  const total = lines.reduce((sum, line) => sum + lineTotal(line), 0n)
  return { lines: lines.map(writtenLine), total: decimalOf(total) }
}

export function writtenLine(line: BillLine): object {
  return {
    component: line.name,
    unit: decimalOf((line.rate.numerator * 1_000_000_000n) / line.rate.denominator),
    qty: decimalOf(line.quantity),
    discounts: line.discounts.map(decimalOf),
    credits: line.credits.map(decimalOf),
    totals: totalsOf([line]),
    is_commitment: line.name === 'min_spend',
  }
}

export function totalsOf(lines: readonly BillLine[]): object {
  const sum = (amounts: readonly bigint[]): string => decimalOf(amounts.reduce((total, one) => total + one, 0n))
  return {
    amount: sum(lines.map((line) => line.amount)),
    charges: sum(lines.map((line) => line.charges)),
    discounts: sum(lines.flatMap((line) => line.discounts)),
    credits: sum(lines.flatMap((line) => line.credits)),
    total: sum(lines.map(lineTotal)),
  }
}
