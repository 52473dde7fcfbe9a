/** Event times before this are refused (M-10). */
export const eventTimeMsMin = Date.UTC(2020, 0, 1)
/** How far an event's time may lie ahead of the time of receipt (M-10). */
export const aheadMsMax = 5 * 60_000

const form = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/
const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/**
 * RFC 3339 text with a zone to milliseconds since 1970; finer fractions are cut off. `undefined`: malformed, or a
 * moment that does not exist (30 February, 24:00, a leap second, which no clock here can tell from the next one).
 */
export function readTime(text: string): number | undefined {
  const found = form.exec(text)
  if (found === null) return undefined
  const year = Number(found[1])
  const month = Number(found[2])
  const day = Number(found[3])
  const hour = Number(found[4])
  const minute = Number(found[5])
  const second = Number(found[6])
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return undefined
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const fraction = found[7]
  const milliseconds = fraction === undefined ? 0 : Number(fraction.slice(0, 3).padEnd(3, '0'))
  const local = Date.UTC(year, month - 1, day, hour, minute, second, milliseconds)
  // Date.UTC takes the years 0 to 99 for 1900 to 1999; all of them are refused as too early anyway.
  if (found[8] === undefined) return local
  const offsetHour = Number(found[9])
  const offsetMinute = Number(found[10])
  if (offsetHour > 23 || offsetMinute > 59) return undefined
  const offsetMs = (offsetHour * 60 + offsetMinute) * 60_000
  return found[8] === '+' ? local - offsetMs : local + offsetMs
}

function daysOf(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month === 2 && leap ? 29 : daysOfMonth[month - 1]!
}
