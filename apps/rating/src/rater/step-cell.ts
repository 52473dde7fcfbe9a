import { add, checkInt8, oneUnit, rational, type Rational } from '@portitor/money'
import {
  advance,
  type AggregateState,
  type Aggregation,
  evaluate,
  type EvaluableModel,
  eventAmount,
  type EventPricing,
  freshAggregate,
  type OrderedEvents,
  owedOfSum,
  type PricedEvent,
} from '@portitor/pricing'
import type { CellState, KeptEvent } from './charge-counters.ts'

/** How a cell went on: it owes F(q₁) − F(q₀). */
export interface CellStep {
  readonly state: CellState
  readonly q0: bigint
  readonly q1: bigint
  readonly amount: bigint
}

/** A total goes up by what was used, or down where an event is taken out of it. */
export function stepTotal(model: EvaluableModel, before: CellState, quantity: bigint): CellStep {
  return stepTo(before, before.quantity + quantity, evaluate(model, before.quantity + quantity), before.more)
}

/** A quantity that does not add up goes on by one event (M-3). `isNew`: no event of the segment had its value before. */
export function stepAggregate(
  model: EvaluableModel,
  before: CellState,
  event: PricedEvent,
  { aggregation, isNew }: { readonly aggregation: Aggregation; readonly isNew: boolean },
): CellStep {
  const { quantity, more } = before
  const latest = more.length === 0 ? undefined : { timeMs: Number(more[0]), id: more[1]! }
  const counted = { timeMs: event.timeMs, id: event.id, quantity: event.quantity ?? oneUnit }
  return stepToAggregate(model, before, advance({ aggregation, quantity, latest }, counted, isNew).state)
}

/** A quantity that does not add up is counted again from the events that are left, where one was taken out. */
export function recountAggregate(
  model: EvaluableModel,
  before: CellState,
  aggregation: Aggregation,
  events: Iterable<KeptEvent>,
): CellStep {
  const seen = new Set<string>()
  let state = freshAggregate(aggregation)
  for (const { priced, value } of events) {
    const isNew = value !== undefined && !seen.has(value)
    if (isNew) seen.add(value)
    state = advance(state, { timeMs: priced.timeMs, id: priced.id, quantity: priced.quantity ?? oneUnit }, isNew).state
  }
  return stepToAggregate(model, before, state)
}

/** An event joins an exact sum, or leaves it; the sum is kept as a fraction, so nothing is rounded but F. Throws where the event cannot be priced, which is refused before. */
export function stepSum(
  { model, rule }: EventPricing,
  before: CellState,
  event: PricedEvent,
  sign: 1n | -1n,
): CellStep {
  const priced = eventAmount(model, event)
  if ('refused' in priced) throw new Error(priced.refused.detail)
  const sum = add(sumOf(before), { ...priced.amount, numerator: sign * priced.amount.numerator })
  const { numerator, denominator } = rational(sum.numerator, sum.denominator)
  const more = [String(numerator), String(denominator)]
  return stepTo(before, before.quantity + sign * (event.quantity ?? oneUnit), owedOfSum(rule, sum), more)
}

/** F of events whose order decides, after one has come or gone. */
export function stepOrdered(before: CellState, { count, quantity, owed }: OrderedEvents): CellStep {
  return stepTo(before, quantity, owed, [String(count)])
}

/** How many events a cell keeps whose order decides. */
export function countOf({ more }: CellState): number {
  return Number(more[0] ?? 0)
}

function stepToAggregate(model: EvaluableModel, before: CellState, { quantity, latest }: AggregateState): CellStep {
  return stepTo(
    before,
    quantity,
    evaluate(model, quantity),
    latest === undefined ? [] : [String(latest.timeMs), latest.id],
  )
}

function stepTo(before: CellState, quantity: bigint, amount: bigint, more: readonly string[]): CellStep {
  return {
    state: { quantity, amount, more },
    q0: before.quantity,
    q1: quantity,
    amount: checkInt8(amount - before.amount),
  }
}

function sumOf({ more }: CellState): Rational {
  return more.length === 0
    ? { numerator: 0n, denominator: 1n }
    : { numerator: BigInt(more[0]!), denominator: BigInt(more[1]!) }
}
