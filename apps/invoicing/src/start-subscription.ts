import type { CreateSubscription } from '@portitor/contracts'
import { laterByDays } from '@portitor/subscriptions'
import { type Clock, notTooEarly, type Refused, soonestMs } from './effective-time.ts'
import { type SubscriptionRecord, toInstant } from './subscription-record.ts'

/**
 * A new subscription as it was asked for: from the soonest instant on unless it names one, with the plan's trial unless it
 * names another. A trial is so many days in the time zone, each as long as the clock makes it.
 */
export function startSubscription(
  ids: { readonly id: string; readonly workspaceId: string },
  asked: CreateSubscription,
  planTrialDays: number,
  clock: Clock,
): { readonly record: SubscriptionRecord } | Refused {
  const { starts_at, backdate, billing, plan, version, seats, add_ons, overrides } = asked
  const startsAtMs = starts_at === undefined ? soonestMs(clock) : Date.parse(starts_at)
  const early = notTooEarly(startsAtMs, backdate, clock, 'starts_at')
  if (early !== undefined) return early
  const trialDays = asked.trial_days ?? planTrialDays
  return {
    record: {
      ...ids,
      revision: 1,
      startsAtMs,
      endsAtMs: null,
      billing: {
        ...billing,
        anchor: toInstant(billing.anchor === undefined ? startsAtMs : Date.parse(billing.anchor)),
      },
      trialEndsAtMs: trialDays === 0 ? null : laterByDays(startsAtMs, trialDays, billing.time_zone),
      terms: [{ fromMs: startsAtMs, plan, version, seats, add_ons, overrides }],
      pauses: [],
      createdAtMs: clock.nowMs,
    },
  }
}
