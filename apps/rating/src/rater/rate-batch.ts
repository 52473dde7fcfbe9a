import {
  type Aggregation,
  type Cell,
  type ChargeUse,
  type EvaluableModel,
  type EventPricing,
  type EventUse,
  isAdditive,
  OrderedEvents,
} from '@portitor/pricing'
import { type ChargeCounters, freshCell, keyOfEvent, type KeptEvent, type Segment } from './charge-counters.ts'
import type { PlannedUsage } from './plan-usage.ts'
import { pricedEvent } from './priced-event.ts'
import type { FreshUsage, RatableUsage } from './ratable-usage.ts'
import { type CellStep, stepAggregate, stepOrdered, stepSum, stepTotal } from './step-cell.ts'

/** What one cell of a charge owes for an event: F(q₁) − F(q₀). */
export interface RatedCell {
  readonly cell: string
  readonly q0: bigint
  readonly q1: bigint
  readonly amount: bigint
  readonly priced: EvaluableModel | EventPricing
}

export interface RatedUse {
  readonly use: Pick<ChargeUse, 'charge' | 'plan' | 'version' | 'group'>
  readonly amount: bigint
  readonly cells: readonly RatedCell[]
}

export interface RatedEvent<Usage extends RatableUsage = FreshUsage> {
  readonly planned: PlannedUsage<Usage>
  readonly priceNanos: bigint
  readonly costNanos: bigint
  readonly price: readonly RatedUse[]
  readonly cost: readonly RatedUse[]
}

/**
 * Rates events in the order they stand in: each charge's counter is advanced and the difference is owed, so the
 * amounts of a segment sum to F of its total, whatever the order. `counters` is advanced in place.
 */
export function rateBatch<Usage extends RatableUsage>(
  planned: readonly PlannedUsage<Usage>[],
  counters: ChargeCounters,
): RatedEvent<Usage>[] {
  return planned.map((usage) => rateUsage(usage, counters))
}

/** The cost first: a price may follow from it. */
export function rateUsage<Usage extends RatableUsage>(
  usage: PlannedUsage<Usage>,
  counters: ChargeCounters,
): RatedEvent<Usage> {
  const { workspaceId } = usage.event
  const period = usage.period.label
  const costPeriod = usage.costPeriod.label
  const cost = usage.cost.map((use) =>
    rateUse(usage, use, counters.of({ workspaceId, period: costPeriod, side: 'cost', use })),
  )
  const costNanos = total(cost)
  const price = usage.price.map((use) => rateUse(usage, use, counters.of({ workspaceId, period, side: 'price', use })))
  for (const use of usage.byEvent) {
    const segment = counters.of({ workspaceId, period, side: 'price', use })
    price.push(rateByEvent(usage, use, segment, costNanos))
  }
  return { planned: usage, price, cost, priceNanos: total(price), costNanos }
}

function rateUse({ event, aggregations }: PlannedUsage, use: ChargeUse, segment: Segment): RatedUse {
  let amount = 0n
  const cells = use.cells.map((cell): RatedCell => {
    const before = segment.cells.get(cell.cell) ?? freshCell
    const aggregation = aggregations?.get(cell.cell)
    const step =
      aggregation === undefined
        ? stepTotal(cell.model, before, cell.quantity)
        : aggregate(event, cell, segment, aggregation)
    segment.cells.set(cell.cell, step.state)
    amount += step.amount
    return ratedCell(cell.cell, step, cell.model)
  })
  segment.changed = true
  return { use, amount, cells }
}

function aggregate(event: RatableUsage, cell: Cell, segment: Segment, aggregation: Aggregation): CellStep {
  const value = event.values.get(cell.cell)
  const isNew = value !== undefined && segment.values?.has(value) !== true
  if (isNew) (segment.values ??= new Set()).add(value)
  const priced = { id: keyOfEvent(event), timeMs: event.timeMs, quantity: cell.quantity }
  keep(segment, { source: event.source, id: event.id, value, priced })
  return stepAggregate(cell.model, segment.cells.get(cell.cell) ?? freshCell, priced, { aggregation, isNew })
}

function rateByEvent({ event, period }: PlannedUsage, use: EventUse, segment: Segment, costNanos: bigint): RatedUse {
  const { pricing } = use
  const priced = pricedEvent(event, use.quantity, { period, costNanos })
  const before = segment.cells.get(eventsCell) ?? freshCell
  let step: CellStep
  if (isAdditive(pricing.model)) step = stepSum(pricing, before, priced, 1n)
  else {
    const ordered = orderedOf(segment, pricing)
    ordered.add(priced)
    keep(segment, { source: event.source, id: event.id, priced })
    step = stepOrdered(before, ordered)
  }
  segment.cells.set(eventsCell, step.state)
  segment.changed = true
  return { use, amount: step.amount, cells: [ratedCell(eventsCell, step, pricing)] }
}

/** The one cell of a charge that prices by event. */
export const eventsCell = 'events'

/** What a segment keeps of its events, in their order. */
export function orderedOf(segment: Segment, pricing: EventPricing): OrderedEvents {
  segment.ordered ??= new OrderedEvents(
    pricing,
    [...(segment.events?.values() ?? [])].map((kept) => kept.priced),
  )
  return segment.ordered
}

function keep(segment: Segment, event: KeptEvent): void {
  ;(segment.events ??= new Map()).set(keyOfEvent(event), event)
  segment.kept.push(event)
}

export function ratedCell(cell: string, { q0, q1, amount }: CellStep, priced: RatedCell['priced']): RatedCell {
  return { cell, q0, q1, amount, priced }
}

function total(uses: readonly RatedUse[]): bigint {
  let sum = 0n
  for (const use of uses) sum += use.amount
  return sum
}
