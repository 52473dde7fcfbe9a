import type { Subscription } from '@portitor/contracts'
import { type Boundaries, boundariesOf } from './billing-schedule.ts'
import { type Period, periodLabel } from './period.ts'

/** What of a subscription decides its periods. */
export type Scheduled = Pick<Subscription, 'starts_at' | 'ends_at' | 'billing'>

/**
 * The period of a subscription that an instant falls in; none outside of [`starts_at`, `ends_at`). The first and the last one
 * are cut there, so the periods tile the subscription's time: every instant of it is in exactly one (B-2).
 *
 * Asked for every event: the periods of a subscription are remembered, at most 16 of each object, for as long as the object
 * lives. So a subscription is a value: change a copy of it, never the object. Throws `RangeError` for an unknown time zone.
 */
export function periodAt(subscription: Scheduled, timeMs: number): Period | undefined {
  const schedule = scheduleOf(subscription)
  if (timeMs < schedule.startMs || timeMs >= schedule.endMs) return undefined
  for (const period of schedule.recent) if (timeMs >= period.startMs && timeMs < period.endMs) return period
  const { boundaries } = schedule
  const index = boundaries.indexAt(timeMs)
  const startMs = Math.max(boundaries.startOf(boundaries.dateOf(index)), schedule.startMs)
  const endMs = Math.min(boundaries.startOf(boundaries.dateOf(index + 1)), schedule.endMs)
  const period = { startMs, endMs, label: periodLabel(startMs) }
  if (schedule.recent.length >= PERIODS_MAX) schedule.recent.pop()
  schedule.recent.unshift(period)
  return period
}

interface Schedule {
  readonly startMs: number
  /** Infinity where no end is set. */
  readonly endMs: number
  readonly boundaries: Boundaries
  /** The newest first. */
  readonly recent: Period[]
}

const PERIODS_MAX = 16
const schedules = new WeakMap<Scheduled, Schedule>()

export function scheduleOf(subscription: Scheduled): Schedule {
  const known = schedules.get(subscription)
  if (known !== undefined) return known
  const { starts_at, ends_at, billing } = subscription
  const schedule = {
    startMs: Date.parse(starts_at),
    endMs: ends_at === null ? Infinity : Date.parse(ends_at),
    boundaries: boundariesOf(billing),
    recent: [],
  }
  schedules.set(subscription, schedule)
  return schedule
}
