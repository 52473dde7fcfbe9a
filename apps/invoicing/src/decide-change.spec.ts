import { subscriptionSchema } from '@portitor/contracts'
import { phaseAt } from '@portitor/subscriptions'
import fc from 'fast-check'
import { changedFrom } from './changed-from.ts'
import { type Decision, decideCancel, decideChange, decidePause, decideResume } from './decide-change.ts'
import type { Clock } from './effective-time.ts'
import { DAY_MS, day, recordOf, startMs } from './subscription-record.fixture.ts'
import { type SubscriptionRecord, toSubscription } from './subscription-record.ts'
import { withdrawScheduled } from './withdraw-scheduled.ts'

const LEAD_MS = 5_000
const on = (days: number): Clock => ({ nowMs: startMs + days * DAY_MS, leadMs: LEAD_MS })
const asked = (when: string, more = {}) => ({ when, backdate: false, ...more }) as { when: string; backdate: boolean }
const pause = (when: string, until: string | null = null) => ({ ...asked(when), until })

function decided(decision: Decision): SubscriptionRecord {
  if ('refused' in decision) throw new Error(decision.refused.detail)
  return decision.record
}
const code = (decision: Decision) => ('refused' in decision ? decision.refused.code : 'decided')
/** `01-15 pro/1×5 active` for each phase. */
const timeline = (record: SubscriptionRecord) =>
  toSubscription(record).phases.map(
    ({ from, plan, version, seats, state }) => `${from.slice(5, 10)} ${plan}/${version ?? '*'}×${seats} ${state}`,
  )

describe('a change of a subscription', () => {
  it('B-2 now means a stated bound from now, so that rating knows it before it holds', () => {
    const { phases } = toSubscription(decided(decideChange(recordOf(), { ...asked('now'), seats: 9 }, on(10))))
    expect(phases.at(-1)?.from).toBe('2026-01-11T00:00:05.000Z')
  })

  it('B-2 at period end it takes effect with the next period, and with the same change again nothing happens', () => {
    const body = { ...asked('period_end'), plan: 'enterprise' }
    const changed = decided(decideChange(recordOf(), body, on(10)))
    expect(timeline(changed)).toEqual(['01-01 pro/1×5 active', '02-01 enterprise/*×5 active'])
    expect(decided(decideChange(changed, body, on(11)))).toBe(changed)
    const both = decided(decideChange(changed, { ...asked('period_end'), seats: 7 }, on(12)))
    expect(timeline(both)).toEqual(['01-01 pro/1×5 active', '02-01 enterprise/*×7 active'])
  })

  it('B-2 takes the place of what was scheduled for later, and leaves what has taken effect', () => {
    const once = decided(decideChange(recordOf(), { ...asked(day(5)), seats: 6 }, on(1)))
    const later = decided(decideChange(once, { ...asked(day(40)), plan: 'enterprise' }, on(10)))
    const sooner = decided(decideChange(later, { ...asked(day(20)), seats: 8 }, on(11)))
    expect(timeline(sooner)).toEqual(['01-01 pro/1×5 active', '01-06 pro/1×6 active', '01-21 pro/1×8 active'])
  })

  it('B-2 overrides and a pinned version do not go along to another plan', () => {
    const record = recordOf({
      terms: [{ fromMs: startMs, plan: 'pro', version: 3, seats: 5, add_ons: [], overrides: { fees: [] } }],
    })
    const { terms } = decided(decideChange(record, { ...asked('now'), plan: 'enterprise' }, on(1)))
    expect(terms.at(-1)).toMatchObject({ plan: 'enterprise', version: null, overrides: {} })
    const same = decided(decideChange(record, { ...asked('now'), seats: 1 }, on(1)))
    expect(same.terms.at(-1)).toMatchObject({ plan: 'pro', version: 3, overrides: { fees: [] } })
  })

  it('R-4 refuses to take effect before now, unless it is backdated; and never before what has taken effect', () => {
    expect(code(decideChange(recordOf(), { ...asked(day(9)), seats: 6 }, on(10)))).toBe('subscription.too_early')
    const backdated = { ...asked(day(9), { backdate: true }), seats: 6 }
    const changed = decided(decideChange(recordOf(), backdated, on(10)))
    expect(timeline(changed)).toEqual(['01-01 pro/1×5 active', '01-10 pro/1×6 active'])
    expect(code(decideChange(changed, { ...asked(day(8), { backdate: true }), seats: 7 }, on(10)))).toBe(
      'subscription.history',
    )
    expect(code(decideChange(changed, { ...asked(day(-1), { backdate: true }), seats: 7 }, on(10)))).toBe(
      'subscription.outside',
    )
  })

  it('B-2 a change of plan does not end a trial, and a pause does not lengthen it', () => {
    const trial = recordOf({ trialEndsAtMs: startMs + 14 * DAY_MS })
    const changed = decided(decideChange(trial, { ...asked(day(3)), plan: 'enterprise' }, on(1)))
    expect(timeline(changed)).toEqual([
      '01-01 pro/1×5 trial',
      '01-04 enterprise/*×5 trial',
      '01-15 enterprise/*×5 active',
    ])
    expect(timeline(decided(decidePause(changed, pause(day(10), day(20)), on(5))))).toEqual([
      '01-01 pro/1×5 trial',
      '01-04 enterprise/*×5 trial',
      '01-11 enterprise/*×5 paused',
      '01-21 enterprise/*×5 active',
    ])
  })

  it('B-2 pauses, resumes, and says where the state does not allow it', () => {
    const paused = decided(decidePause(recordOf(), pause('now'), on(10)))
    expect(code(decidePause(paused, pause('now'), on(11)))).toBe('subscription.state')
    expect(code(decideResume(recordOf(), asked('now'), on(11)))).toBe('subscription.state')
    const resumed = decided(decideResume(paused, asked('period_end'), on(11)))
    expect(timeline(resumed)).toEqual(['01-01 pro/1×5 active', '01-11 pro/1×5 paused', '02-01 pro/1×5 active'])
    expect(code(decidePause(recordOf(), pause(day(20), day(20)), on(11)))).toBe('subscription.outside')
  })

  it('B-2 cancels now, at period end or before it began; after the end nothing changes any more', () => {
    const ended = decided(decideCancel(recordOf(), asked('period_end'), on(10)))
    expect(ended.endsAtMs).toBe(startMs + 31 * DAY_MS)
    expect(code(decideChange(ended, { ...asked(day(31)), seats: 1 }, on(12)))).toBe('subscription.outside')
    expect(decided(decideCancel(ended, asked('now'), on(12))).endsAtMs).toBe(startMs + 12 * DAY_MS + LEAD_MS)
    expect(code(decideCancel(ended, asked('now'), on(40)))).toBe('subscription.outside')
    const never = toSubscription(decided(decideCancel(recordOf(), asked('now'), on(-5))))
    expect(never.ends_at).toBe(never.starts_at)
  })

  it('B-2 what is scheduled can be withdrawn, by kind, until it is too late to tell everybody', () => {
    const changed = decided(decideChange(recordOf(), { ...asked('period_end'), seats: 9 }, on(1)))
    const ending = decided(decideCancel(changed, asked(day(60)), on(1)))
    expect(timeline(decided(withdrawScheduled(ending, 'change', on(2))))).toEqual(['01-01 pro/1×5 active'])
    expect(decided(withdrawScheduled(ending, 'cancel', on(2))).endsAtMs).toBeNull()
    expect(code(withdrawScheduled(ending, 'change', { nowMs: startMs + 31 * DAY_MS - 1, leadMs: LEAD_MS }))).toBe(
      'subscription.state',
    )
    expect(code(withdrawScheduled(ending, 'pause', on(2)))).toBe('subscription.state')
    const paused = decided(decidePause(recordOf(), pause(day(5), day(8)), on(1)))
    expect(timeline(decided(withdrawScheduled(paused, 'resume', on(6))))).toEqual([
      '01-01 pro/1×5 active',
      '01-06 pro/1×5 paused',
    ])
    expect(decided(withdrawScheduled(paused, 'pause', on(2))).pauses).toEqual([])
  })

  const when = fc.oneof(
    fc.constantFrom('now', 'period_end'),
    fc.integer({ min: -5, max: 200 }).map((days) => day(days)),
  )
  const step = fc.record({
    kind: fc.constantFrom('change', 'pause', 'resume', 'cancel', 'withdraw'),
    when,
    seats: fc.integer({ min: 0, max: 3 }),
    plan: fc.option(fc.constantFrom('pro', 'enterprise'), { nil: undefined }),
    until: fc.option(fc.integer({ min: 0, max: 220 }).map((days) => day(days))),
    what: fc.constantFrom('change', 'pause', 'resume', 'cancel'),
    laterMs: fc.integer({ min: 0, max: 20 * DAY_MS }),
  })
  type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never
  const take = (record: SubscriptionRecord, { kind, when, seats, plan, until, what }: Step, clock: Clock): Decision => {
    const body = { when, backdate: false }
    if (kind === 'change') return decideChange(record, { ...body, seats, plan }, clock)
    if (kind === 'pause') return decidePause(record, { ...body, until }, clock)
    if (kind === 'resume') return decideResume(record, body, clock)
    if (kind === 'cancel') return decideCancel(record, body, clock)
    return withdrawScheduled(record, what, clock)
  }

  it('B-2 R-4 whatever is done in whatever order, what has taken effect stays, and changed_from is the first difference', () => {
    fc.assert(
      fc.property(fc.option(fc.integer({ min: 1, max: 40 })), fc.array(step, { maxLength: 12 }), (trial, steps) => {
        let record = recordOf({ trialEndsAtMs: trial === null ? null : startMs + trial * DAY_MS })
        let nowMs = startMs - 3 * DAY_MS
        for (const taken of steps) {
          nowMs += taken.laterMs
          const decision = take(record, taken, { nowMs, leadMs: LEAD_MS })
          if ('refused' in decision) continue
          const [before, after] = [toSubscription(record), toSubscription(decision.record)]
          subscriptionSchema.parse(after)
          expect(after.phases[0]?.from).toBe(after.starts_at)
          const from = changedFrom(before, after)
          const fromMs = from === undefined ? Infinity : Date.parse(from)
          expect(fromMs).toBeGreaterThanOrEqual(nowMs + LEAD_MS)
          const at = (subscription: typeof after, ms: number) => ({ ...phaseAt(subscription, ms), from: '' })
          for (let ms = startMs; ms < startMs + 230 * DAY_MS; ms += 7 * DAY_MS)
            if (ms < fromMs) expect(at(after, ms)).toEqual(at(before, ms))
          if (from !== undefined) expect(at(after, fromMs)).not.toEqual(at(before, fromMs))
          record = decision.record
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
