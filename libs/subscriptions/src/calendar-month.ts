import { type Period, periodLabel } from './period.ts'

const DAY_MS = 86_400_000
const DAYS_MAX = 10_000
const months = new Map<number, Period>()

/**
 * The calendar month in UTC of an instant: the period of a workspace without a subscription. Remembered for up to 10,000 days,
 * as a rater asks for every event and making a date is slow.
 */
export function calendarMonthAt(timeMs: number): Period {
  const day = Math.floor(timeMs / DAY_MS)
  let month = months.get(day)
  if (month === undefined) {
    if (months.size >= DAYS_MAX) months.clear()
    months.set(day, (month = monthOf(new Date(timeMs))))
  }
  return month
}

function monthOf(date: Date): Period {
  const startMs = firstOfMonthMs(date.getUTCFullYear(), date.getUTCMonth())
  return {
    startMs,
    endMs: firstOfMonthMs(date.getUTCFullYear(), date.getUTCMonth() + 1),
    label: periodLabel(startMs),
  }
}

/** Not `Date.UTC`, which reads the years 0 to 99 as those of the last century. */
function firstOfMonthMs(year: number, month: number): number {
  return new Date(0).setUTCFullYear(year, month, 1)
}
