import type { Subscription } from '@portitor/contracts'
import { WorkspaceSubscriptions } from '../subscriptions/workspace-subscriptions.ts'

const always = '2000-01-01T00:00:00.000Z'
/** Stands for a subscription that nobody has. */
const nobodys = '00000000-0000-4000-8000-000000000000'

/** As if a workspace had always been subscribed to a version of a plan: one seat, nothing of its own, calendar months in UTC. */
export function subscribedToAll(
  workspaceId: string,
  { plan, version }: { readonly plan: string; readonly version: number },
): WorkspaceSubscriptions {
  const subscription: Subscription = {
    id: nobodys,
    workspace_id: workspaceId,
    revision: 1,
    starts_at: always,
    ends_at: null,
    billing: { cycle: 'calendar', months: 1, anchor: always, time_zone: 'UTC' },
    phases: [{ from: always, plan, version, state: 'active', seats: 1, add_ons: [], overrides: {} }],
  }
  return new WorkspaceSubscriptions(new Map([[workspaceId, [subscription]]]))
}
