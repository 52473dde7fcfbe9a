import type { BillingSchedule } from '@portitor/contracts'
import { Temporal } from 'temporal-polyfill'

/**
 * Where the periods of a schedule meet, without regard to when the subscription starts and ends. Period n begins on
 * `dateOf(n)` and ends on `dateOf(n + 1)`; `startOf(date)` is the instant at which a date begins for it: midnight, or for
 * anniversaries the anchor's hour. Both grow with their argument.
 */
export interface Boundaries {
  /** The number of the period that holds the instant. */
  indexAt(timeMs: number): number
  dateOf(index: number): Temporal.PlainDate
  startOf(date: Temporal.PlainDate): number
  /** The local date of an instant. */
  dateAt(timeMs: number): Temporal.PlainDate
}

/**
 * `calendar`: from the first of a month, counted within the calendar year where `months` divides 12 (so 3 are the quarters of
 * the year). `anniversary`: the anchor's date plus n × months, each counted from the anchor and so without drift: 31 January,
 * 28 February, 31 March. An hour that the clock skips is the one after it, one that it repeats is the first of both.
 * Throws `RangeError` for an unknown time zone.
 */
export function boundariesOf({ cycle, months, anchor, time_zone: zone }: BillingSchedule): Boundaries {
  const local = (timeMs: number) => Temporal.Instant.fromEpochMilliseconds(timeMs).toZonedDateTimeISO(zone)
  const anchored = local(Date.parse(anchor))
  const first =
    cycle === 'calendar'
      ? anchored
          .toPlainDate()
          .with({ day: 1 })
          .subtract({ months: monthOf(anchored) % months })
      : anchored.toPlainDate()
  const plainTime = anchored.toPlainTime()
  const dateOf = (index: number) => first.add({ months: index * months })
  const startOf = (date: Temporal.PlainDate) =>
    (cycle === 'calendar' ? date.toZonedDateTime(zone) : date.toZonedDateTime({ timeZone: zone, plainTime }))
      .epochMilliseconds
  return {
    dateOf,
    startOf,
    dateAt: (timeMs) => local(timeMs).toPlainDate(),
    indexAt: (timeMs) => {
      const guess = Math.floor((monthOf(local(timeMs)) - monthOf(first)) / months)
      return lastNotAfter(timeMs, guess, (index) => startOf(dateOf(index)))
    },
  }
}

/**
 * The last index whose instant is not after `timeMs`, from a guess that is off by a few at most. A time zone that skips a day
 * lets two indexes begin at one instant; the last of them is meant.
 */
export function lastNotAfter(timeMs: number, guess: number, instantOf: (index: number) => number): number {
  let index = guess
  while (instantOf(index) > timeMs) index -= 1
  while (instantOf(index + 1) <= timeMs) index += 1
  return index
}

/** Whether the name is one of the IANA database: `Europe/Vienna`, `UTC`. Fixed offsets such as `+02:00` are not. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** Months since the year 0. */
function monthOf({ year, month }: { readonly year: number; readonly month: number }): number {
  return year * 12 + month - 1
}
