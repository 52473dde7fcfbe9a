import { aggregationOf, type MeterIndex } from '@portitor/metering'
import {
  compileEventPricing,
  compileModel,
  type EvaluableModel,
  type EventPricing,
  isAdditive,
  type StoredStep,
  useKey,
} from '@portitor/pricing'
import { calendarMonthAt } from '@portitor/subscriptions'
import { LRUCache } from 'lru-cache'
import { type ChargeCounters, freshCell, keyOfEvent, type KeptEvent, type Segment } from '../rater/charge-counters.ts'
import type { Explanation } from '../rater/explanation.ts'
import { pricedEvent } from '../rater/priced-event.ts'
import { orderedOf, ratedCell, type RatedUse } from '../rater/rate-batch.ts'
import { type CellStep, recountAggregate, stepOrdered, stepSum, stepTotal } from '../rater/step-cell.ts'

type StoredPrice = StoredStep['price']

/** Prices of steps repeat: a few rates make nearly all of them. */
const compiledMax = 10_000
const compiled = new LRUCache<string, EvaluableModel | EventPricing>({ max: compiledMax })

/** The segment in which a step of an event was. */
export function segmentOf(step: StoredStep, { usage }: Explanation, counters: ChargeCounters): Segment {
  const { workspaceId, timeMs } = usage.event
  const period = step.side === 'cost' ? calendarMonthAt(timeMs).label : usage.period.label
  return counters.of({
    workspaceId,
    period,
    side: step.side,
    use: { ...step, key: useKey(step.side, step, step.group) },
  })
}

/** Whether taking a step out has to look at all the events of its segment. */
export function keepsEvents({ price, cell }: StoredStep, meters: MeterIndex): boolean {
  const priced = compiledPrice(price)
  return 'data' in priced ? !isAdditive(priced.model) : !addsUp(cell, meters)
}

/**
 * Takes an event out of a segment: its total goes down by what the event brought, and the difference of F is owed back
 * . So the segment sums to F of what is left in it, in whatever order events are taken out.
 */
export function takeOut(step: StoredStep, explanation: Explanation, segment: Segment, meters: MeterIndex): RatedUse {
  const priced = compiledPrice(step.price)
  const next = stepBack(step, priced, explanation, segment, meters)
  segment.cells.set(step.cell, next.state)
  segment.changed = true
  return { use: step, amount: next.amount, cells: [ratedCell(step.cell, next, priced)] }
}

function stepBack(
  step: StoredStep,
  priced: EvaluableModel | EventPricing,
  { usage, costNanos }: Explanation,
  segment: Segment,
  meters: MeterIndex,
): CellStep {
  const before = segment.cells.get(step.cell) ?? freshCell
  const { event, period } = usage
  const quantity = step.q1 - step.q0
  if ('data' in priced) {
    if (isAdditive(priced.model))
      return stepSum(priced, before, pricedEvent(event, quantity, { period, costNanos }), -1n)
    const ordered = orderedOf(segment, priced)
    ordered.remove(remove(segment, event).priced)
    return stepOrdered(before, ordered)
  }
  if (addsUp(step.cell, meters)) return stepTotal(priced, before, -quantity)
  remove(segment, event)
  return recountAggregate(priced, before, aggregationOf(meters, step.cell), segment.events!.values())
}

function remove(segment: Segment, event: { readonly source: string; readonly id: string }): KeptEvent {
  const kept = segment.events?.get(keyOfEvent(event))
  if (kept === undefined)
    throw new Error(`the segment ${segment.charge} ${segment.segment} does not keep event ${event.id}`)
  segment.events!.delete(keyOfEvent(event))
  segment.gone.push(kept)
  if (kept.value !== undefined)
    segment.values = new Set([...segment.events!.values()].flatMap(({ value }) => value ?? []))
  return kept
}

function addsUp(cell: string, meters: MeterIndex): boolean {
  const aggregation = aggregationOf(meters, cell)
  return aggregation === 'sum' || aggregation === 'count'
}

/** A stored price made ready again. */
export function compiledPrice(price: StoredPrice): EvaluableModel | EventPricing {
  const key = JSON.stringify(price)
  let found = compiled.get(key)
  if (found === undefined) {
    found = price.model === 'by_event' ? compileEventPricing(price) : compileModel(price)
    compiled.set(key, found)
  }
  return found
}
