import type { Subscription, SubscriptionState } from '@portitor/contracts'
import { periodAt, phaseAt } from '@portitor/subscriptions'
import { showPhase } from './show-phase.ts'
import { type SubscriptionRecord, toInstant, toSubscription } from './subscription-record.ts'

/** What people ask of a subscription, as it is at `nowMs`; for everybody but operators without what a price tells of our costs. */
export function subscriptionState(record: SubscriptionRecord, nowMs: number, forOperator: boolean): SubscriptionState {
  const subscription = toSubscription(record)
  const period = periodAt(subscription, nowMs)
  const shown = (phase: Subscription['phases'][number]) => (forOperator ? phase : showPhase(phase))
  const current = phaseAt(subscription, nowMs)
  const next = subscription.phases.find(({ from }) => Date.parse(from) > nowMs)
  return {
    ...subscription,
    phases: subscription.phases.map(shown),
    status: statusOf(record, current, nowMs),
    current_period: period
      ? { label: period.label, starts_at: toInstant(period.startMs), ends_at: toInstant(period.endMs) }
      : null,
    current_phase: current ? shown(current) : null,
    next_phase: next && hasFuture(record, nowMs) ? shown(next) : null,
    trial_ends_at: record.trialEndsAtMs === null ? null : toInstant(record.trialEndsAtMs),
    scheduled: scheduledIn(record, nowMs),
    created_at: toInstant(record.createdAtMs),
  }
}

const statuses = { trial: 'trialing', active: 'active', paused: 'paused' } as const

function statusOf(
  record: SubscriptionRecord,
  current: Subscription['phases'][number] | undefined,
  nowMs: number,
): SubscriptionState['status'] {
  if (current !== undefined) return statuses[current.state]
  return hasFuture(record, nowMs) ? 'scheduled' : 'ended'
}

/** Whether any of its time is still to come: none of one that ended, nor of one that was cancelled before it began. */
function hasFuture({ startsAtMs, endsAtMs }: SubscriptionRecord, nowMs: number): boolean {
  return endsAtMs === null || (endsAtMs > nowMs && endsAtMs > startsAtMs)
}

function scheduledIn(record: SubscriptionRecord, nowMs: number): SubscriptionState['scheduled'] {
  const { startsAtMs, endsAtMs, trialEndsAtMs, terms, pauses } = record
  const turns: { what: SubscriptionState['scheduled'][number]['what']; atMs: number | null }[] = [
    ...terms
      .filter(({ fromMs }) => fromMs > startsAtMs)
      .map(({ fromMs }) => ({ what: 'change' as const, atMs: fromMs })),
    { what: 'trial_end', atMs: trialEndsAtMs },
    ...pauses.map(({ fromMs }) => ({ what: 'pause' as const, atMs: fromMs })),
    ...pauses.map(({ untilMs }) => ({ what: 'resume' as const, atMs: untilMs })),
    { what: 'cancel', atMs: endsAtMs },
  ]
  const end = endsAtMs ?? Infinity
  return turns
    .flatMap(({ what, atMs }) =>
      atMs !== null && atMs > nowMs && (atMs < end || what === 'cancel') ? [{ what, atMs }] : [],
    )
    .toSorted((one, other) => one.atMs - other.atMs)
    .map(({ what, atMs }) => ({ what, at: toInstant(atMs) }))
}
