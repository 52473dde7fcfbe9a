import type { BookSide } from '@portitor/contracts'
import type { UsageEvent } from '@portitor/metering'
import { type ChargeUse, type EvaluableModel, telescope } from '@portitor/pricing'
import type { CellState, ChargeCounters } from './charge-counters.ts'

/** An event whose charges are known on both sides; only its segments' counters are still missing. */
export interface PlannedUsage {
  readonly event: UsageEvent
  readonly currency: string
  readonly provider: string | undefined
  readonly model: string | undefined
  readonly period: string
  readonly price: readonly PlannedUse[]
  readonly cost: readonly PlannedUse[]
}

/** A charge that an event falls under, and the segment whose counter it advances. */
interface PlannedUse {
  readonly use: ChargeUse
  readonly segmentKey: string
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
  readonly side: BookSide
  readonly charge: string
  readonly version: number
  readonly segment: string
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
    const price = usage.price.map((use) => rateUse('price', use, counters))
    const cost = usage.cost.map((use) => rateUse('cost', use, counters))
    return { planned: usage, price, cost, priceNanos: total(price), costNanos: total(cost) }
  })
}

function rateUse(side: BookSide, { use, segmentKey }: PlannedUse, counters: ChargeCounters): RatedUse {
  const segment = counters.get(segmentKey)
  if (segment === undefined) throw new Error(`the counter of segment ${segmentKey} was not loaded`)
  let amount = 0n
  const cells = use.cells.map(({ cell, model, quantity }): RatedCell => {
    const before: CellState = segment.cells.get(cell) ?? { quantity: 0n, amount: 0n }
    const step = telescope(model, before, quantity)
    segment.cells.set(cell, step.counter)
    segment.changed = true
    amount += step.amount
    return { cell, q0: before.quantity, q1: step.counter.quantity, amount: step.amount, model }
  })
  return { side, charge: use.charge, version: use.version, segment: use.group, amount, cells }
}

function total(uses: readonly RatedUse[]): bigint {
  let sum = 0n
  for (const use of uses) sum += use.amount
  return sum
}
