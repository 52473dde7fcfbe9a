import { subscriptionStateSchema } from '@portitor/contracts'
import { subscriptionState } from './subscription-state.ts'
import { DAY_MS, day, recordOf, startMs } from './subscription-record.fixture.ts'

const stateOn = (days: number, changes: Parameters<typeof recordOf>[0] = {}) =>
  subscriptionState(recordOf(changes), startMs + days * DAY_MS, true)

describe('the state of a subscription', () => {
  it('B-2 says what it is in at the moment, and what comes next', () => {
    const changes = {
      trialEndsAtMs: startMs + 14 * DAY_MS,
      pauses: [{ fromMs: startMs + 20 * DAY_MS, untilMs: startMs + 25 * DAY_MS }],
      endsAtMs: startMs + 50 * DAY_MS,
    }
    const statuses = [-1, 0, 14, 20, 25, 50].map((days) => stateOn(days, changes).status)
    expect(statuses).toEqual(['scheduled', 'trialing', 'active', 'paused', 'active', 'ended'])
    const state = stateOn(3, changes)
    expect(subscriptionStateSchema.parse(state)).toEqual(state)
    expect(state).toMatchObject({
      current_period: { label: '2026-01', starts_at: day(0), ends_at: day(31) },
      current_phase: { from: day(0), state: 'trial' },
      next_phase: { from: day(14), state: 'active' },
      scheduled: [
        { what: 'trial_end', at: day(14) },
        { what: 'pause', at: day(20) },
        { what: 'resume', at: day(25) },
        { what: 'cancel', at: day(50) },
      ],
    })
    expect(stateOn(40, changes).current_period).toEqual({ label: '2026-02', starts_at: day(31), ends_at: day(50) })
  })

  it('B-2 one that was cancelled before it began has ended, and nothing comes next', () => {
    expect(stateOn(-3, { endsAtMs: startMs })).toMatchObject({
      status: 'ended',
      current_phase: null,
      next_phase: null,
      current_period: null,
    })
  })

  it('L-8 shows customers no margin of a price by our cost', () => {
    const price = { model: 'cost_plus' as const, margin_percent: '37', margins: [], event_min: '0.01' }
    const [terms] = recordOf().terms
    const record = recordOf({
      terms: [{ ...terms!, overrides: { charges: [{ id: 'calls', meters: ['requests'], price }] } }],
    })
    const shown = subscriptionState(record, startMs, false)
    expect(subscriptionStateSchema.parse(shown)).toEqual(shown)
    expect(JSON.stringify(shown)).not.toMatch(/margin|37/)
    expect(JSON.stringify(shown)).toContain('event_min')
    expect(JSON.stringify(subscriptionState(record, startMs, true))).toContain('margin_percent')
  })
})
