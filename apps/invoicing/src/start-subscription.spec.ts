import { createSubscriptionSchema } from '@portitor/contracts'
import { startSubscription } from './start-subscription.ts'
import { startMs } from './subscription-record.fixture.ts'
import { toInstant, toSubscription } from './subscription-record.ts'

const ids = { id: '0192f0c1-0000-7000-8000-000000000001', workspaceId: '0192f0c1-0000-7000-8000-000000000002' }
const clock = { nowMs: startMs, leadMs: 5_000 }
const started = (body: object, planTrialDays = 0) => {
  const result = startSubscription(ids, createSubscriptionSchema.parse({ plan: 'pro', ...body }), planTrialDays, clock)
  if ('refused' in result) throw new Error(result.refused.code)
  return result.record
}

describe('a new subscription', () => {
  it('B-2 begins at the stated bound, in calendar months of UTC, following the newest version', () => {
    const { billing, startsAtMs, terms } = started({})
    expect(toInstant(startsAtMs)).toBe('2026-01-01T00:00:05.000Z')
    expect(billing).toEqual({ cycle: 'calendar', months: 1, anchor: toInstant(startsAtMs), time_zone: 'UTC' })
    expect(terms).toEqual([{ fromMs: startsAtMs, plan: 'pro', version: null, seats: 1, add_ons: [], overrides: {} }])
  })

  it('B-2 has the trial of the plan, another one, or none', () => {
    const states = (body: object) => toSubscription(started(body, 14)).phases.map(({ state }) => state)
    expect(states({})).toEqual(['trial', 'active'])
    expect(states({ trial_days: 0 })).toEqual(['active'])
    expect(started({ trial_days: 3 }, 14).trialEndsAtMs).toBe(startMs + 5_000 + 3 * 86_400_000)
  })

  it('B-2 a trial ends at the hour on the wall at which it began, also where the clock changes meanwhile', () => {
    const { trialEndsAtMs } = started({
      starts_at: '2026-03-20T08:00:00Z',
      trial_days: 14,
      billing: { time_zone: 'Europe/Vienna' },
    })
    expect(toInstant(trialEndsAtMs!)).toBe('2026-04-03T07:00:00.000Z')
  })

  it('R-4 begins before the stated bound only where it is backdated', () => {
    expect(() => started({ starts_at: '2026-01-01T00:00:04.999Z' })).toThrow('subscription.too_early')
    expect(started({ starts_at: '2025-06-01T02:00:00+02:00', backdate: true }).startsAtMs).toBe(
      Date.parse('2025-06-01T00:00:00Z'),
    )
  })
})
