import fc from 'fast-check'
import { phaseAt } from './phase-at.ts'
import { subscriptionOf } from './subscription.fixture.ts'

const startMs = Date.parse('2026-01-01T00:00:00Z')
const iso = (ms: number) => new Date(ms).toISOString()

describe('the phase of an instant', () => {
  it('R-4 is the last one that has begun, and none outside of the subscription', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 1_000 }), { maxLength: 20 }),
        fc.option(fc.integer({ min: 1, max: 1_200 })),
        fc.integer({ min: -10, max: 1_300 }),
        (starts, end, at) => {
          const [first] = subscriptionOf({}).phases
          if (first === undefined) throw new Error('a subscription without phases')
          const offsets = [0, ...starts.toSorted((a, b) => a - b)]
          const subscription = subscriptionOf({
            starts_at: iso(startMs),
            ends_at: end === null ? null : iso(startMs + end),
            phases: offsets.map((offset) => ({ ...first, from: iso(startMs + offset), seats: offset })),
          })
          const expected =
            at < 0 || at >= (end ?? Infinity) ? undefined : Math.max(...offsets.filter((from) => from <= at))
          expect(phaseAt(subscription, startMs + at)?.seats).toBe(expected)
        },
      ),
      { numRuns: 1_000 },
    )
  })
})
