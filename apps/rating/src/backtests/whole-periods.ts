import { calendarMonthAt } from '@portitor/subscriptions'
import type { WorkspaceSubscriptions } from '../subscriptions/workspace-subscriptions.ts'

/**
 * Whether a range is of whole periods: the workspace's own, which the price goes by, and calendar months, which the cost does.
 * Where it is not, counters begin in the middle of a period, and what has tiers comes to something else than a re-rating.
 */
export function isOfWholePeriods(
  workspaceId: string,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  subscriptions: WorkspaceSubscriptions,
): boolean {
  return [fromMs, toMs].every(
    (border) =>
      subscriptions.periodAt(workspaceId, border).startMs === border && calendarMonthAt(border).startMs === border,
  )
}
