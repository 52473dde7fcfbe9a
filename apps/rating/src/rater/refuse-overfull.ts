import type { Rejection } from '@portitor/contracts'
import { type EventPricing, isAdditive } from '@portitor/pricing'
import type { ChargeCounters, Segment } from './charge-counters.ts'
import type { PlannedUsage } from './plan-usage.ts'
import { eventsCell } from './rate-batch.ts'
import { countOf } from './step-cell.ts'

/**
 * How many events a segment keeps whose order decides: each batch that touches it reads them all. Prorated steps are evaluated as a
 * whole for each event, so there are fewer.
 */
const eventsMax = 100_000
const proratedEventsMax = 10_000

export interface Overfull<Usage extends PlannedUsage> {
  readonly fitting: readonly Usage[]
  readonly refused: readonly { readonly planned: Usage; readonly reason: Rejection }[]
}

/**
 * Parts events whose segments have room for them from those whose have none, by counters that are locked: before anything is read or
 * moved, so that a workspace with too many events holds up nobody else.
 */
export function refuseOverfull<Usage extends PlannedUsage>(
  planned: readonly Usage[],
  counters: ChargeCounters,
): Overfull<Usage> {
  const counts = new Map<Segment, number>()
  const refused: { planned: Usage; reason: Rejection }[] = []
  const fitting = planned.filter((usage) => {
    const { event, period, byEvent } = usage
    for (const use of byEvent) {
      if (isAdditive(use.pricing.model)) continue
      const segment = counters.of({ workspaceId: event.workspaceId, period: period.label, side: 'price', use })
      const cell = segment.cells.get(eventsCell)
      const count = counts.get(segment) ?? (cell === undefined ? 0 : countOf(cell))
      const max = eventsMaxOf(use.pricing)
      if (count >= max) {
        refused.push({ planned: usage, reason: overfull(use.charge, max) })
        return false
      }
      counts.set(segment, count + 1)
    }
    return true
  })
  return { fitting, refused }
}

function eventsMaxOf({ model }: EventPricing): number {
  return model.model === 'prorated_graduated' ? proratedEventsMax : eventsMax
}

function overfull(charge: string, max: number): Rejection {
  return {
    code: 'pricing.segment_full',
    detail: `the charge ${charge} follows from the order of its events, of which it keeps ${max} in a period: it has them`,
  }
}
