import { add, roundHalfEven } from '@portitor/money'
import { applyAmountRule, type CompiledAmountRule } from './amount-rule.ts'
import type { EventPrice } from './charge.ts'
import { compileCostPlus, type CostPlus, costPlusAmount } from './cost-plus.ts'
import { compileDynamic, type Dynamic, dynamicAmount } from './dynamic.ts'
import { compileOutcome, type Outcome, outcomeAmount } from './outcome.ts'
import { compilePercentage, type Percentage, percentageAmounts } from './percentage.ts'
import type { ExactAmount, PricedEvent } from './priced-event.ts'
import { compileProratedGraduated, type ProratedGraduated, proratedTotal } from './prorated-graduated.ts'
import type { Refusal } from './refusal.ts'

/** A model whose amount follows from the events of a segment one by one. */
export type EventModel = Percentage | Dynamic | CostPlus | Outcome | ProratedGraduated

export type EvaluatedEvents = { readonly total: bigint } | { readonly event: string; readonly refused: Refusal }

/** Throws `BookInvalid` below `field`. */
export function compileEventModel(price: EventPrice, field: string): EventModel {
  switch (price.model) {
    case 'percentage':
      return compilePercentage(price, field)
    case 'dynamic':
      return compileDynamic(price, field)
    case 'cost_plus':
      return compileCostPlus(price, field)
    case 'outcome':
      return compileOutcome(price, field)
    case 'prorated_graduated':
      return compileProratedGraduated(price, field)
  }
}

/**
 * F of a segment's events: what they owe in all, in nano-units of the book's currency, exact and rounded half-even once.
 * Events count in the order (time, id) whatever order they are given in, so a late one owes the difference of two
 * evaluations (`telescopeEvents`). Refuses an event that lacks what the model prices: it is never free by accident.
 */
export function evaluateEvents(
  model: EventModel,
  rule: CompiledAmountRule,
  events: readonly PricedEvent[],
): EvaluatedEvents {
  for (const event of events) {
    const refused = missing(model, event)
    if (refused !== undefined) return { event: event.id, refused }
  }
  const { numerator, denominator } = exactTotal(model, inOrder(events))
  const owed = applyAmountRule(rule, numerator, denominator)
  return { total: roundHalfEven(owed.numerator, owed.denominator) }
}

/** The order that counts: by time, then by id. */
export function inOrder(events: readonly PricedEvent[]): PricedEvent[] {
  return [...events].sort((a, b) => (comesBefore(a, b) ? -1 : comesBefore(b, a) ? 1 : 0))
}

export function comesBefore(a: PricedEvent, b: PricedEvent): boolean {
  return a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.id < b.id)
}

function exactTotal(model: EventModel, events: readonly PricedEvent[]): ExactAmount {
  if (model.model === 'prorated_graduated') return proratedTotal(model, events)
  return amountsOf(model, events).reduce(add, { numerator: 0n, denominator: 1n })
}

export function amountsOf(
  model: Exclude<EventModel, ProratedGraduated>,
  events: readonly PricedEvent[],
): ExactAmount[] {
  switch (model.model) {
    case 'percentage':
      return percentageAmounts(model, events)
    case 'dynamic':
      return events.map((event) => dynamicAmount(model, event))
    case 'cost_plus':
      return events.map((event) => costPlusAmount(model, event))
    case 'outcome':
      return events.map((event) => outcomeAmount(model, event))
  }
}

/** Why an event cannot be priced: it lacks what the model looks at. */
export function missing(model: EventModel, event: PricedEvent): Refusal | undefined {
  switch (model.model) {
    case 'percentage':
    case 'dynamic':
      return lacking('value', event.value)
    case 'cost_plus':
      return lacking('cost', event.cost)
    case 'outcome':
      if (event.quantity !== undefined && event.quantity < 0n) return lacking('quantity', event.quantity)
      return model.share.numerator === 0n || event.qualified === false ? undefined : lacking('value', event.value)
    case 'prorated_graduated':
      return lacking('quantity', event.quantity, true) ?? lacking('prorated', event.prorated, true)
  }
}

function lacking(name: string, found: bigint | undefined, signed = false): Refusal | undefined {
  if (found !== undefined && (signed || found >= 0n)) return undefined
  const got = found === undefined ? 'nothing' : 'less than zero'
  return {
    code: 'pricing.no_rate',
    field: `data.${name}`,
    detail: `the price follows from the event's ${name}; got ${got}`,
  }
}
