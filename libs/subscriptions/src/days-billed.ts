import { lastNotAfter } from './billing-schedule.ts'
import { type Scheduled, scheduleOf } from './period-at.ts'

/** `billed` of the `period`'s days are owed: what libs/pricing prorates by. */
export interface DaysBilled {
  readonly billed: number
  readonly period: number
}

/**
 * How many days of the period at `startMs` the part [`startMs`, `endMs`) of it is owed for; `period` counts those of the whole
 * period, also where the subscription's start or end cuts it. A day begins at midnight in the time zone, of anniversaries at
 * the anchor's hour, and belongs to the part in which it begins; the first day of the subscription also where it starts within
 * it. So the parts of a period add up to its days, and the day of a change is owed by what holds from then on, once.
 * `endMs` past the end of the period counts to its end.
 */
export function daysBilled(
  subscription: Scheduled,
  { startMs, endMs }: { startMs: number; endMs: number },
): DaysBilled {
  const { boundaries } = scheduleOf(subscription)
  const index = boundaries.indexAt(startMs)
  const first = boundaries.dateOf(index)
  const periodEndMs = boundaries.startOf(boundaries.dateOf(index + 1))
  const period = first.until(boundaries.dateOf(index + 1), { largestUnit: 'days' }).days
  /** The number of the day that an instant falls in. */
  const dayAt = (timeMs: number) => {
    const guess = first.until(boundaries.dateAt(timeMs), { largestUnit: 'days' }).days
    const day = lastNotAfter(timeMs, guess, (days) => boundaries.startOf(first.add({ days })))
    return Math.min(Math.max(day, 0), period)
  }
  return { billed: Math.max(dayAt(Math.min(endMs, periodEndMs)) - dayAt(startMs), 0), period }
}
