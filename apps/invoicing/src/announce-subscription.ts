import type { OutgoingMessage } from '@portitor/bus'
import { type SubscriptionChanged, subscriptionChangedTopic } from '@portitor/contracts'
import { auditMessage } from '@portitor/identity'
import type { Caller } from '@portitor/service'
import { showPhase } from './show-phase.ts'
import { type SubscriptionRecord, toInstant, toSubscription } from './subscription-record.ts'

/** `subscription.<done>` in the audit log. */
export type Action = 'created' | 'changed' | 'paused' | 'resumed' | 'cancelled' | 'withdrawn'

export interface SubscriptionChange {
  readonly action: Action
  /** Absent: it is new. */
  readonly before?: SubscriptionRecord
  readonly after: SubscriptionRecord
  readonly changedFrom: string
  readonly atMs: number
}

/** The messages of a change, published in the commit that makes it: the subscription for all who bill by it, and the audit record. */
export function announceSubscription(auditId: string, caller: Caller, change: SubscriptionChange): OutgoingMessage[] {
  const { action, before, after, changedFrom, atMs } = change
  const value: SubscriptionChanged = {
    subscription: toSubscription(after),
    changed_from: changedFrom,
    changed_at: toInstant(atMs),
  }
  const audit = auditMessage(auditId, new Date(atMs), caller, {
    service: 'invoicing',
    workspaceId: after.workspaceId,
    action: `subscription.${action}`,
    target: `subscription:${after.id}`,
    ...(before === undefined ? {} : { before: publicForm(before) }),
    after: publicForm(after),
  })
  return [{ topic: subscriptionChangedTopic, key: after.id, value: JSON.stringify(value) }, audit]
}

/** The log of a workspace is read by its customer, who must not learn a cost from it (L-8). */
function publicForm(record: SubscriptionRecord): object {
  const subscription = toSubscription(record)
  return { ...subscription, phases: subscription.phases.map(showPhase) }
}
