import { add, rational, type Rational } from '@portitor/money'
import { BookInvalid, type CostPlusPrice } from './charge.ts'
import { clamped, compileBounds, type EventBounds, type ExactAmount, type PricedEvent } from './priced-event.ts'
import { readPercent } from './read-rate.ts'

/** What the provider charges, and a margin. */
export interface CostPlus {
  readonly model: 'cost_plus'
  readonly standard: Rational
  readonly margins: readonly {
    readonly provider: string | undefined
    readonly model: string | undefined
    readonly factor: Rational
  }[]
  readonly bounds: EventBounds
}

const marginPercentMax = 100_000n

/** Throws `BookInvalid` where a margin is none, or names neither a provider nor a model. */
export function compileCostPlus(price: CostPlusPrice, field: string): CostPlus {
  const factor = (text: string, at: string): Rational =>
    add(rational(1n, 1n), readPercent(text, `${at}.margin_percent`, marginPercentMax))
  const margins = (price.margins ?? []).map((one, index) => {
    const at = `${field}.margins.${index}`
    if (one.provider === undefined && one.model === undefined)
      throw new BookInvalid(at, 'names a provider, a model or both')
    return {
      provider: one.provider?.toLowerCase(),
      model: one.model?.toLowerCase(),
      factor: factor(one.margin_percent, at),
    }
  })
  return {
    model: 'cost_plus',
    standard: factor(price.margin_percent, field),
    margins,
    bounds: compileBounds(price, field),
  }
}

/** A margin of the model comes before one of the provider, and that before the standard one; 0 is a margin. */
export function costPlusAmount(model: CostPlus, event: PricedEvent): ExactAmount {
  const { numerator, denominator } = factorOf(model, event)
  return clamped({ numerator: event.cost! * numerator, denominator }, model.bounds)
}

/** Which margin holds for an event. */
export function marginSource(model: CostPlus, event: PricedEvent): 'model' | 'provider' | 'default' {
  const best = marginOf(model, event)
  if (best === undefined) return 'default'
  return best.model === undefined ? 'provider' : 'model'
}

function factorOf(model: CostPlus, event: PricedEvent): Rational {
  return marginOf(model, event)?.factor ?? model.standard
}

function marginOf({ margins }: CostPlus, event: PricedEvent): CostPlus['margins'][number] | undefined {
  const [provider, model] = [event.provider?.toLowerCase(), event.model?.toLowerCase()]
  const fitting = margins.filter(
    (one) =>
      (one.provider === undefined || one.provider === provider) && (one.model === undefined || one.model === model),
  )
  return (
    fitting.find((one) => one.model !== undefined && one.provider !== undefined) ??
    fitting.find((one) => one.model !== undefined) ??
    fitting[0]
  )
}
