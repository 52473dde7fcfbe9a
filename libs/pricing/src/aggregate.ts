import { oneUnit } from '@portitor/money'

/** How a meter makes one cumulative quantity of the events of a segment (M-3). */
export type Aggregation = 'sum' | 'count' | 'max' | 'unique' | 'latest'

/** What one event brings to a meter. Quantities in 10⁻⁹ units, ≥ 0. */
export interface AggregatedEvent {
  readonly timeMs: number
  readonly id: string
  readonly quantity: bigint
}

/** What a segment has come to: what its counter has to keep, and never the set of a `unique` meter's values. */
export interface AggregateState {
  readonly aggregation: Aggregation
  /** The cumulative quantity, which F is taken of; 0 of no events. */
  readonly quantity: bigint
  /** For `latest` alone: the event the quantity is of; absent before the first. */
  readonly latest?: { readonly timeMs: number; readonly id: string } | undefined
}

/** How an event moved a segment: it owes F(q₁) − F(q₀). */
export interface AggregateStep {
  readonly state: AggregateState
  readonly q0: bigint
  readonly q1: bigint
}

export function freshAggregate(aggregation: Aggregation): AggregateState {
  return { aggregation, quantity: 0n }
}

/**
 * Moves a segment on by one event: `sum` and `count` add up, `max` keeps the largest quantity, `latest` that of the last
 * event by (time, id) and so may fall, `unique` counts the values that are new. Whether a value is new, only its caller knows,
 * whose store keeps the set: `isNew` is true for exactly one of the events of a segment that have the value. The end is the
 * same in any order, so the steps of a segment sum to F of it. Two events of one time and id (of two sources) are told apart
 * by their quantity; the larger is the later.
 *
 * The same event must not come twice, and none can be taken back out of `max`, `unique` and `latest`: what went before it is
 * not kept. Where one is taken back, `aggregateOf` the events that are left is the quantity.
 */
export function advance(state: AggregateState, event: AggregatedEvent, isNew = false): AggregateStep {
  const { aggregation, quantity: q0 } = state
  if (aggregation === 'latest') {
    if (!isLater(event, state)) return { state, q0, q1: q0 }
    const { timeMs, id, quantity: q1 } = event
    return { state: { aggregation, quantity: q1, latest: { timeMs, id } }, q0, q1 }
  }
  const q1 = next(aggregation, q0, event.quantity, isNew)
  return { state: q1 === q0 ? state : { aggregation, quantity: q1 }, q0, q1 }
}

/**
 * The quantity of all the events of a segment, whatever order they are given in; a `unique` meter's events bear a `value`,
 * and one without it counts nothing.
 */
export function aggregateOf(
  aggregation: Aggregation,
  events: Iterable<AggregatedEvent & { readonly value?: string | undefined }>,
): bigint {
  const seen = new Set<string>()
  let state = freshAggregate(aggregation)
  for (const event of events) {
    const isNew = event.value !== undefined && !seen.has(event.value)
    if (isNew) seen.add(event.value)
    state = advance(state, event, isNew).state
  }
  return state.quantity
}

function next(aggregation: Exclude<Aggregation, 'latest'>, q0: bigint, quantity: bigint, isNew: boolean): bigint {
  switch (aggregation) {
    case 'sum':
    case 'count':
      return q0 + quantity
    case 'max':
      return quantity > q0 ? quantity : q0
    case 'unique':
      return isNew ? q0 + oneUnit : q0
  }
}

function isLater(event: AggregatedEvent, { latest, quantity }: AggregateState): boolean {
  if (latest === undefined) return true
  if (event.timeMs !== latest.timeMs) return event.timeMs > latest.timeMs
  const order = compareText(event.id, latest.id)
  return order === 0 ? event.quantity > quantity : order > 0
}

/** By code points, which is the order of UTF-8 and so that of the stores; the language compares UTF-16. */
function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  for (let at = 0; at < length; at += 1) {
    const [a, b] = [left.charCodeAt(at), right.charCodeAt(at)]
    if (a !== b) return isSurrogate(a) === isSurrogate(b) ? a - b : isSurrogate(a) ? 1 : -1
  }
  return left.length - right.length
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}
