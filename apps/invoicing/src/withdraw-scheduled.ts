import type { WithdrawScheduled } from '@portitor/contracts'
import type { Decision } from './decide-change.ts'
import { type Clock, soonestMs } from './effective-time.ts'
import type { SubscriptionRecord } from './subscription-record.ts'

/** Takes back what is scheduled of a kind, all of it that can still be taken back in time for everybody to know. */
export function withdrawScheduled(record: SubscriptionRecord, what: WithdrawScheduled['what'], clock: Clock): Decision {
  const without = withouts[what](record, soonestMs(clock))
  if (without !== undefined) return { record: without }
  return {
    refused: {
      code: 'subscription.state',
      detail: `There is no ${what} scheduled that can still be withdrawn.`,
      field: 'what',
    },
  }
}

/** What remains without what takes effect at `fromMs` or later; undefined where there is nothing. */
type Without = (record: SubscriptionRecord, fromMs: number) => SubscriptionRecord | undefined

const withouts: Readonly<Record<WithdrawScheduled['what'], Without>> = {
  change(record, soonest) {
    const terms = record.terms.filter(({ fromMs }) => fromMs < soonest || fromMs === record.startsAtMs)
    return terms.length === record.terms.length ? undefined : { ...record, terms }
  },
  pause(record, soonest) {
    const pauses = record.pauses.filter(({ fromMs }) => fromMs < soonest)
    return pauses.length === record.pauses.length ? undefined : { ...record, pauses }
  },
  resume(record, soonest) {
    const at = record.pauses.findIndex(({ untilMs }) => untilMs !== null && untilMs >= soonest)
    const pause = record.pauses[at]
    // The pause goes on, so those after it are in it.
    return pause && { ...record, pauses: [...record.pauses.slice(0, at), { ...pause, untilMs: null }] }
  },
  cancel(record, soonest) {
    return record.endsAtMs !== null && record.endsAtMs >= soonest ? { ...record, endsAtMs: null } : undefined
  },
}
