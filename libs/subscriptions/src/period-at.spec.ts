import fc from 'fast-check'
import { isTimeZone } from './billing-schedule.ts'
import { calendarMonthAt } from './calendar-month.ts'
import { periodAt } from './period-at.ts'
import { type Period, periodLabel } from './period.ts'
import { scheduled, subscriptionOf, timeMs, zones } from './subscription.fixture.ts'

const iso = (ms: number) => new Date(ms).toISOString()
const shown = (period: Period | undefined) =>
  period && `${period.label}: ${iso(period.startMs)} – ${period.endMs === Infinity ? '' : iso(period.endMs)}`
const at = (subscription: Parameters<typeof periodAt>[0], time: string) =>
  shown(periodAt(subscription, Date.parse(time)))

/** At most `count` periods from the start on, each found by the end of the one before. */
function walk(subscription: Parameters<typeof periodAt>[0], count: number): Period[] {
  const periods: Period[] = []
  let time = Date.parse(subscription.starts_at)
  while (periods.length < count) {
    const period = periodAt(subscription, time)
    if (period === undefined) break
    periods.push(period)
    time = period.endMs
  }
  return periods
}

describe('the period of an instant', () => {
  it('B-2 an anniversary on the 31st is the last day of shorter months and does not drift', () => {
    const subscription = subscriptionOf({ starts_at: '2026-01-31T00:00:00.000Z' })
    expect(walk(subscription, 4).map(shown)).toEqual([
      '2026-01-31: 2026-01-31T00:00:00.000Z – 2026-02-28T00:00:00.000Z',
      '2026-02-28: 2026-02-28T00:00:00.000Z – 2026-03-31T00:00:00.000Z',
      '2026-03-31: 2026-03-31T00:00:00.000Z – 2026-04-30T00:00:00.000Z',
      '2026-04-30: 2026-04-30T00:00:00.000Z – 2026-05-31T00:00:00.000Z',
    ])
  })

  it('B-2 an anniversary keeps its hour on the wall across a change of the clock', () => {
    const starts_at = '2026-03-15T08:30:00.000Z'
    const billing = { cycle: 'anniversary', months: 1, anchor: starts_at, time_zone: 'Europe/Vienna' } as const
    expect(at(subscriptionOf({ starts_at, billing }), '2026-04-01T00:00:00Z')).toBe(
      '2026-03-15T08:30:00.000Z: 2026-03-15T08:30:00.000Z – 2026-04-15T07:30:00.000Z',
    )
  })

  it('B-2 an anniversary in an hour that the clock skips begins in the one after it, once', () => {
    const starts_at = '2026-02-28T01:30:00.000Z' // 02:30 in Vienna; on 28 March 2027 the clock goes from 02:00 to 03:00.
    const billing = { cycle: 'anniversary', months: 1, anchor: starts_at, time_zone: 'Europe/Vienna' } as const
    const subscription = subscriptionOf({ starts_at, billing })
    expect(at(subscription, '2027-03-28T01:29:59.999Z')).toContain('– 2027-03-28T01:30:00.000Z')
    expect(at(subscription, '2027-03-28T01:30:00.000Z')).toContain('2027-03-28T01:30:00.000Z – 2027-04-28T00:30')
  })

  it('B-2 a calendar period ends at the midnight of its time zone, and the first and last are cut', () => {
    const billing = {
      cycle: 'calendar',
      months: 1,
      anchor: '2026-01-01T00:00:00Z',
      time_zone: 'America/New_York',
    } as const
    const subscription = subscriptionOf({
      starts_at: '2026-10-15T12:00:00.000Z',
      ends_at: '2026-12-03T00:00:00.000Z',
      billing,
    })
    expect(walk(subscription, 9).map(shown)).toEqual([
      '2026-10-15T12:00:00.000Z: 2026-10-15T12:00:00.000Z – 2026-11-01T04:00:00.000Z',
      '2026-11-01T04:00:00.000Z: 2026-11-01T04:00:00.000Z – 2026-12-01T05:00:00.000Z',
      '2026-12-01T05:00:00.000Z: 2026-12-01T05:00:00.000Z – 2026-12-03T00:00:00.000Z',
    ])
  })

  it('B-2 calendar periods of three months are the quarters of the year, whatever the anchor', () => {
    const billing = { cycle: 'calendar', months: 3, anchor: '2026-02-11T00:00:00Z', time_zone: 'UTC' } as const
    const subscription = subscriptionOf({ starts_at: '2026-02-11T00:00:00.000Z', billing })
    expect(walk(subscription, 3).map(({ label }) => label)).toEqual(['2026-02-11', '2026-04', '2026-07'])
  })

  it('B-2 periods tile the time of a subscription: no gap, no overlap, labels unique and sorted by time', () => {
    fc.assert(
      fc.property(scheduled, (subscription) => {
        const periods = walk(subscription, 30)
        expect(periods[0]?.startMs).toBe(Date.parse(subscription.starts_at))
        for (const [index, { startMs, endMs }] of periods.entries()) {
          expect(endMs).toBeGreaterThan(startMs)
          if (index > 0) expect(startMs).toBe(periods[index - 1]?.endMs)
        }
        if (periods.length < 30) expect(periods.at(-1)?.endMs).toBe(Date.parse(subscription.ends_at ?? ''))
        const labels = periods.map(({ label }) => label)
        expect(labels).toEqual([...new Set(labels)].toSorted())
        for (const { label, startMs } of periods) expect(periodLabel(startMs)).toBe(label)
      }),
      { numRuns: 1_000 },
    )
  })

  it('B-2 every instant of a subscription is in exactly one period, whatever was asked before; outside of it in none', () => {
    fc.assert(
      fc.property(scheduled, fc.array(timeMs, { minLength: 1, maxLength: 8 }), (subscription, times) => {
        const startMs = Date.parse(subscription.starts_at)
        const endMs = subscription.ends_at === null ? Infinity : Date.parse(subscription.ends_at)
        for (const time of [...times, startMs, startMs - 1, endMs === Infinity ? startMs : endMs - 1]) {
          const period = periodAt(subscription, time)
          if (time < startMs || time >= endMs) {
            expect(period).toBeUndefined()
            continue
          }
          if (period === undefined) throw new Error('an instant without a period')
          expect(period.startMs <= time && time < period.endMs).toBe(true)
          // Neither what is remembered nor where in the period one asks makes a difference.
          const afresh = { ...subscription }
          for (const other of [period.startMs, period.endMs - 1]) expect(periodAt(afresh, other)).toEqual(period)
        }
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('the name of a period', () => {
  it('B-2 is as short as its first instant allows', () => {
    expect(periodLabel(Date.parse('2026-11-01T00:00:00Z'))).toBe('2026-11')
    expect(periodLabel(Date.parse('2026-11-15T00:00:00Z'))).toBe('2026-11-15')
    expect(periodLabel(Date.parse('2026-11-15T09:30:00Z'))).toBe('2026-11-15T09:30:00.000Z')
    expect(periodLabel(Date.parse('2026-11-01T00:00:00.001Z'))).toBe('2026-11-01T00:00:00.001Z')
  })

  it('B-2 sorts by time, for any two instants', () => {
    fc.assert(
      fc.property(timeMs, timeMs, (one, other) => {
        fc.pre(one !== other)
        expect(periodLabel(one) < periodLabel(other)).toBe(one < other)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('the calendar month of an instant', () => {
  it('R-4 is that of UTC, for usage without a subscription', () => {
    expect(shown(calendarMonthAt(Date.parse('2026-12-31T23:59:59.999Z')))).toBe(
      '2026-12: 2026-12-01T00:00:00.000Z – 2027-01-01T00:00:00.000Z',
    )
    fc.assert(
      fc.property(timeMs, (time) => {
        const month = calendarMonthAt(time)
        expect(month.label).toBe(iso(time).slice(0, 7))
        expect(month.startMs <= time && time < month.endMs).toBe(true)
        expect(calendarMonthAt(month.endMs).startMs).toBe(month.endMs)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('a time zone', () => {
  it('B-2 is one by its IANA name only', () => {
    for (const zone of zones) expect(isTimeZone(zone)).toBe(true)
    for (const text of ['', 'Mars/Olympus', '+02:00', '-05', 'Europe/', 'Vienna ']) expect(isTimeZone(text)).toBe(false)
  })
})
