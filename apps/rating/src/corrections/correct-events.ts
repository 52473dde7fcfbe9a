import type { MeterIndex } from '@portitor/metering'
import type { EventUse, StoredStep } from '@portitor/pricing'
import type { ChargeCounters } from '../rater/charge-counters.ts'
import type { Explanation } from '../rater/explanation.ts'
import type { PlannedUsage } from '../rater/plan-usage.ts'
import { rateUsage, type RatedEvent, type RatedUse } from '../rater/rate-batch.ts'
import type { RatableUsage } from '../rater/ratable-usage.ts'
import { segmentOf, takeOut } from './take-out.ts'

/** An event as it stands, and what it is to owe instead. */
export interface Restatement {
  readonly stands: Explanation
  readonly planned: PlannedUsage
}

/** What an event owed is taken back, and what it owes now. */
export interface Corrected {
  readonly stands: Explanation
  readonly revision: number
  readonly reversedPrice: readonly RatedUse[]
  readonly reversedCost: readonly RatedUse[]
  readonly rated: RatedEvent<RatableUsage>
}

/**
 * Moves events from the segments they were rated in to those they belong to: out of the old ones, into the new ones, each by
 * the difference of F. Every segment still sums to F of what is in it, in any order of corrections. `counters` is advanced in
 * place and has to hold both kinds of segments.
 */
export function correctEvents(
  restatements: readonly Restatement[],
  counters: ChargeCounters,
  meters: MeterIndex,
): Corrected[] {
  return restatements.map(({ stands, planned }) => {
    const out = (step: StoredStep) => takeOut(step, stands, segmentOf(step, stands, counters), meters)
    const reversedPrice = stands.price.map(out)
    const reversedCost = stands.cost.map(out)
    const revision = (stands.correction?.revision ?? 0) + 1
    return { stands, revision, reversedPrice, reversedCost, rated: rateUsage(planned, counters) }
  })
}

/** Whether an event would move to the very segments it is in: then there is nothing to correct. */
export function standsAlready(stands: Explanation, planned: PlannedUsage): boolean {
  const { usage } = stands
  return (
    usage.event.facts === planned.event.facts &&
    usage.period.label === planned.period.label &&
    (usage.period.endMs === planned.period.endMs || !planned.byEvent.some(prorates)) &&
    usage.subscriptionId === planned.subscriptionId &&
    stands.currency === planned.currency &&
    same([...stands.price, ...stands.cost].map(nameOfStep), namesOfUses(planned))
  )
}

/** What a step of it owes follows from how much of the period is left. */
function prorates({ pricing }: EventUse): boolean {
  return pricing.model.model === 'prorated_graduated'
}

function nameOfStep({ side, charge, plan, version, group, cell }: StoredStep): string {
  return JSON.stringify([side, charge, plan ?? '', version, group, cell])
}

function namesOfUses({ price, byEvent, cost }: PlannedUsage): string[] {
  const priced = price.map((use) => ({ ...use, side: 'price' }))
  const costed = cost.map((use) => ({ ...use, side: 'cost' }))
  return [
    ...[...priced, ...costed].flatMap(({ side, charge, plan, version, group, cells }) =>
      cells.map(({ cell }) => JSON.stringify([side, charge, plan ?? '', version, group, cell])),
    ),
    ...byEvent.map(({ charge, plan, version, group }) =>
      JSON.stringify(['price', charge, plan ?? '', version, group, 'events']),
    ),
  ]
}

function same(left: readonly string[], right: readonly string[]): boolean {
  const [a, b] = [left.toSorted(), right.toSorted()]
  return a.length === b.length && a.every((name, index) => name === b[index])
}
