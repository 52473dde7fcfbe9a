import type { When } from '@portitor/contracts'
import { periodAt } from '@portitor/subscriptions'
import { type SubscriptionRecord, toInstant, toSubscription } from './subscription-record.ts'

/** When a call is decided, and how long a change takes to reach everybody who has to know it. */
export interface Clock {
  readonly nowMs: number
  readonly leadMs: number
}

export interface Asked {
  readonly when: When
  readonly backdate: boolean
}

/** An expected refusal: 409 unless said. `field` is that of the body. */
export interface Refusal {
  readonly status?: number
  readonly code: string
  readonly detail: string
  readonly field?: string
}
export interface Refused {
  readonly refused: Refusal
}

/** The earliest instant at which a change may take effect without rating again what was rated before. */
export function soonestMs({ nowMs, leadMs }: Clock): number {
  return nowMs + leadMs
}

/**
 * The instant that a change of a subscription is asked for. `now` is the soonest possible one, or the start of a
 * subscription that has not begun; `period_end` the end of the period that holds it. Refused where that is sooner than
 * possible and not backdated, or before the subscription begins.
 */
export function effectiveAt(
  record: SubscriptionRecord,
  asked: Asked,
  clock: Clock,
): { readonly atMs: number } | Refused {
  const soonest = Math.max(soonestMs(clock), record.startsAtMs)
  if (asked.when === 'now') return { atMs: soonest }
  if (asked.when === 'period_end') {
    // The period as if the subscription had no end, which may be what is being asked for.
    const period = periodAt(toSubscription({ ...record, endsAtMs: null }), soonest)
    return { atMs: period!.endMs }
  }
  const atMs = Date.parse(asked.when)
  if (atMs < record.startsAtMs)
    return {
      refused: {
        code: 'subscription.outside',
        detail: `The subscription begins at ${toInstant(record.startsAtMs)}.`,
        field: 'when',
      },
    }
  return notTooEarly(atMs, asked.backdate, clock, 'when') ?? { atMs }
}

/** Whether an instant is sooner than a change can reach everybody, and nobody has said that this is meant. */
export function notTooEarly(atMs: number, backdate: boolean, clock: Clock, field: string): Refused | undefined {
  if (backdate || atMs >= soonestMs(clock)) return undefined
  return {
    refused: {
      code: 'subscription.too_early',
      detail: `Nothing takes effect before ${toInstant(soonestMs(clock))}: name a later instant, or say "backdate": true to have what was rated since then rated again.`,
      field,
    },
  }
}
