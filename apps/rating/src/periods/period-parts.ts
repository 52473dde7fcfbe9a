import type { Subscription, SubscriptionPhase } from '@portitor/contracts'
import type { PeriodDays } from '@portitor/pricing'
import { daysBilled, type Period } from '@portitor/subscriptions'

/** What one phase of a subscription holds of a period: [`startMs`, `endMs`), and how many of its days. */
export interface PeriodPart {
  readonly phase: SubscriptionPhase
  readonly startMs: number
  readonly endMs: number
  readonly days: PeriodDays
}

/** The phases of a period in order, without gaps; their days add up to those of the period. At least one. */
export function partsOf(subscription: Subscription, period: Period): PeriodPart[] {
  const { phases } = subscription
  return phases.flatMap((phase, index) => {
    const next = phases[index + 1]
    const startMs = Math.max(period.startMs, Date.parse(phase.from))
    const endMs = next === undefined ? period.endMs : Math.min(period.endMs, Date.parse(next.from))
    if (startMs >= endMs) return []
    return [{ phase, startMs, endMs, days: daysBilled(subscription, { startMs, endMs }) }]
  })
}
