import fc from 'fast-check'
import { daysBilled } from './days-billed.ts'
import { periodAt } from './period-at.ts'
import { scheduled, subscriptionOf, timeMs } from './subscription.fixture.ts'

const calendar = (time_zone: string) =>
  ({ cycle: 'calendar', months: 1, anchor: '2026-01-01T00:00:00Z', time_zone }) as const
const days = (subscription: Parameters<typeof daysBilled>[0], from: string, to: string) =>
  daysBilled(subscription, { startMs: Date.parse(from), endMs: Date.parse(to) })

describe('the days billed of a period', () => {
  it('B-2 the day on which a subscription starts is owed, counted in its time zone', () => {
    const billing = calendar('America/New_York')
    const subscription = subscriptionOf({ starts_at: '2026-11-16T03:00:00.000Z', billing }) // The 15th in New York.
    const period = periodAt(subscription, Date.parse('2026-11-20T00:00:00Z'))
    expect(period && daysBilled(subscription, period)).toEqual({ billed: 16, period: 30 })
  })

  it('B-2 the day of a change is owed once, by what holds from then on', () => {
    const subscription = subscriptionOf({ starts_at: '2026-11-01T00:00:00.000Z', billing: calendar('UTC') })
    expect(days(subscription, '2026-11-01T00:00:00Z', '2026-11-20T14:00:00Z')).toEqual({ billed: 19, period: 30 })
    expect(days(subscription, '2026-11-20T14:00:00Z', '2026-12-01T00:00:00Z')).toEqual({ billed: 11, period: 30 })
  })

  it('B-2 a month in which the clock changes has its days all the same', () => {
    const subscription = subscriptionOf({ starts_at: '2025-12-31T23:00:00.000Z', billing: calendar('Europe/Vienna') })
    for (const [time, whole] of [
      ['2026-03-10T00:00:00Z', 31],
      ['2026-10-10T00:00:00Z', 31],
      ['2026-02-10T00:00:00Z', 28],
    ] as const) {
      const period = periodAt(subscription, Date.parse(time))
      expect(period && daysBilled(subscription, period)).toEqual({ billed: whole, period: whole })
    }
  })

  it('B-2 an end that lies after the period, or never comes, counts to the end of the period', () => {
    const subscription = subscriptionOf({ starts_at: '2026-11-01T00:00:00.000Z', billing: calendar('UTC') })
    const startMs = Date.parse('2026-11-20T14:00:00Z')
    expect(daysBilled(subscription, { startMs, endMs: Infinity })).toEqual({ billed: 11, period: 30 })
  })

  it('B-2 the parts of a period add up to it, wherever it is divided', () => {
    fc.assert(
      fc.property(
        scheduled,
        timeMs,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 }),
        (s, time, cuts) => {
          const subscription = { ...s, ends_at: null }
          const period = periodAt(subscription, Math.max(time, Date.parse(subscription.starts_at)))
          if (period === undefined) throw new Error('an instant without a period')
          const whole = daysBilled(subscription, period)
          const at = cuts.map((cut) => period.startMs + Math.floor(cut * (period.endMs - period.startMs)))
          const borders = [period.startMs, ...at.toSorted((a, b) => a - b), period.endMs]
          const parts = borders
            .slice(1)
            .map((endMs, index) => daysBilled(subscription, { startMs: borders[index] ?? endMs, endMs }))
            .filter((_, index) => (borders[index] ?? 0) < period.endMs)
          expect(parts.reduce((sum, { billed }) => sum + billed, 0)).toBe(whole.billed)
          for (const { billed, period: days } of parts) {
            expect(days).toBe(whole.period)
            expect(billed >= 0 && billed <= days).toBe(true)
          }
          if (period.startMs > Date.parse(subscription.starts_at)) expect(whole.billed).toBe(whole.period)
        },
      ),
      { numRuns: 1_000 },
    )
  })
})
