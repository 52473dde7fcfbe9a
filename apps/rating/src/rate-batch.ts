import type { UsageEvent } from '@portitor/metering'
import { type ChargeUse, type EvaluableModel, freshCounter, telescope } from '@portitor/pricing'
import type { ChargeCounters, Segment } from './charge-counters.ts'

/** An event whose charges are known on both sides; only its segments' counters are still missing. */
export interface PlannedUsage {
  readonly event: UsageEvent
  readonly currency: string
  readonly provider: string | undefined
  readonly model: string | undefined
  readonly period: string
  readonly price: readonly ChargeUse[]
  readonly cost: readonly ChargeUse[]
}

/** What one cell of a charge owes for an event: F(q₁) − F(q₀). */
interface RatedCell {
  readonly cell: string
  readonly q0: bigint
  readonly q1: bigint
  readonly amount: bigint
  readonly model: EvaluableModel
}

export interface RatedUse {
  readonly use: ChargeUse
  readonly amount: bigint
  readonly cells: readonly RatedCell[]
}

export interface RatedEvent {
  readonly planned: PlannedUsage
  readonly priceNanos: bigint
  readonly costNanos: bigint
  readonly price: readonly RatedUse[]
  readonly cost: readonly RatedUse[]
}

/**
 * Rates events in the order they stand in: each charge's counter is advanced and the difference is owed, so the
 * amounts of a segment sum to F of its total, whatever the order. `counters` is advanced in place.
 */
export function rateBatch(planned: readonly PlannedUsage[], counters: ChargeCounters): RatedEvent[] {
  return planned.map((usage) => {
    const { event, period } = usage
    const { workspaceId } = event
    const price = usage.price.map((use) => rateUse(use, counters.of({ workspaceId, period, side: 'price', use })))
    const cost = usage.cost.map((use) => rateUse(use, counters.of({ workspaceId, period, side: 'cost', use })))
    return { planned: usage, price, cost, priceNanos: total(price), costNanos: total(cost) }
  })
}

function rateUse(use: ChargeUse, segment: Segment): RatedUse {
  let amount = 0n
  const cells = use.cells.map(({ cell, model, quantity }): RatedCell => {
    const before = segment.cells.get(cell) ?? freshCounter
    const step = telescope(model, before, quantity)
    segment.cells.set(cell, step.counter)
    amount += step.amount
    return { cell, q0: before.quantity, q1: step.counter.quantity, amount: step.amount, model }
  })
  segment.changed = true
  return { use, amount, cells }
}

function total(uses: readonly RatedUse[]): bigint {
  let sum = 0n
  for (const use of uses) sum += use.amount
  return sum
}
