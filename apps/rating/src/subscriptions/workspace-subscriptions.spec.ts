import fc from 'fast-check'
import { phase, subscriptionTo } from '../rater/pricing-context.fixture.ts'
import { WorkspaceSubscriptions } from './workspace-subscriptions.ts'

const dayMs = 86_400_000
const first = Date.parse('2026-10-20T00:00:00Z')
const at = (day: number) => new Date(first + day * dayMs).toISOString()

describe('the billing periods of a workspace', () => {
  it('B-2 tile all time, whatever subscriptions it had, and no two of them have one name', () => {
    const borders = fc
      .uniqueArray(fc.nat(90), { minLength: 2, maxLength: 6 })
      .map((days) => days.toSorted((a, b) => a - b))
    fc.assert(
      fc.property(borders, (days) => {
        const own = days.flatMap((from, n) =>
          n % 2 === 0 && n + 1 < days.length
            ? [{ ...subscriptionTo(phase('p', { from: at(from) })), starts_at: at(from), ends_at: at(days[n + 1]!) }]
            : [],
        )
        const subscriptions = new WorkspaceSubscriptions(new Map([['w', own]]))
        const spans = new Map<string, string>()
        const wrong: string[] = []
        for (let day = -20; day < 110; day += 0.5) {
          const timeMs = first + day * dayMs
          const { startMs, endMs, label } = subscriptions.periodAt('w', timeMs)
          const span = `${startMs}-${endMs}`
          if (timeMs < startMs || timeMs >= endMs || (spans.get(label) ?? span) !== span) wrong.push(`${label} ${span}`)
          spans.set(label, span)
        }
        expect(wrong).toEqual([])
        expect(new Set(spans.values()).size).toBe(spans.size)
      }),
      { numRuns: 1_000 },
    )
  })
})
