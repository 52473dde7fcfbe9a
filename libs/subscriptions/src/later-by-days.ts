import { Temporal } from 'temporal-polyfill'

/** The same hour on the wall so many days later; where the clock skips it, the hour after. */
export function laterByDays(timeMs: number, days: number, timeZone: string): number {
  return Temporal.Instant.fromEpochMilliseconds(timeMs).toZonedDateTimeISO(timeZone).add({ days }).epochMilliseconds
}
