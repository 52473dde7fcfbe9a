import type { ClosedPeriods, WorkspacePeriod } from './closed-periods.store.ts'
import type { PlannedUsage } from '../rater/plan-usage.ts'
import type { WorkspaceSubscriptions } from '../subscriptions/workspace-subscriptions.ts'

/** What decides where an event is billed. */
export interface Billing {
  readonly closed: ClosedPeriods
  readonly subscriptions: WorkspaceSubscriptions
  readonly nowMs: number
}

type InPeriod = Pick<PlannedUsage, 'event' | 'period'>

/** The periods of events that are over: others cannot be closed. */
export function periodsOver(planned: Iterable<InPeriod>, nowMs: number): WorkspacePeriod[] {
  const found = new Map<string, WorkspacePeriod>()
  for (const { event, period } of planned) {
    if (period.endMs > nowMs) continue
    const { workspaceId } = event
    found.set(`${workspaceId}/${period.label}`, { workspaceId, period })
  }
  return [...found.values()]
}

/**
 * Where an event is billed that came after the close of its period: in the period of now, which is not over and so cannot be
 * closed (M-8). It keeps its own period all the same. Undefined: in its own.
 */
export function billedIn({ event, period }: InPeriod, { closed, subscriptions, nowMs }: Billing): string | undefined {
  if (!closed.has(event.workspaceId, period.label)) return undefined
  return subscriptions.periodAt(event.workspaceId, nowMs).label
}
