import { eventKey, hashText } from './event-key.ts'
import type { PlannedUsage as Planned } from './plan-usage.ts'
import type { FreshUsage } from './ratable-usage.ts'

type PlannedUsage = Planned<FreshUsage>

export interface Settled {
  readonly fresh: PlannedUsage[]
  readonly duplicates: PlannedUsage[]
  /** The same id with another payload: refused, never a second charge (M-5). */
  readonly conflicts: PlannedUsage[]
}

/**
 * Tells new events from repeats, within the batch and against `known` hashes of events rated before. The first of two in
 * a batch wins; an event that was refused never gets here, so it does not occupy its id.
 */
export function settleDuplicates(planned: readonly PlannedUsage[], known: ReadonlyMap<string, string>): Settled {
  const seen = new Map<string, PlannedUsage>()
  const settled: Settled = { fresh: [], duplicates: [], conflicts: [] }
  for (const usage of planned) {
    const key = eventKey(usage.event)
    const earlier = seen.get(key)
    const before = known.get(key) ?? (earlier === undefined ? undefined : hashText(earlier.event))
    if (before === undefined) {
      seen.set(key, usage)
      settled.fresh.push(usage)
    } else if (before === hashText(usage.event)) settled.duplicates.push(usage)
    else settled.conflicts.push(usage)
  }
  return settled
}
