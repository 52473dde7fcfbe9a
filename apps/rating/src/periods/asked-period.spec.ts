import { phase, subscriptionTo } from '../rater/pricing-context.fixture.ts'
import { WorkspaceSubscriptions } from '../subscriptions/workspace-subscriptions.ts'
import { askedPeriod } from './asked-period.ts'

const from = '2026-11-15T00:00:00.000Z'
const subscription = {
  ...subscriptionTo(phase('pro', { from })),
  billing: { cycle: 'anniversary' as const, months: 1, anchor: from, time_zone: 'UTC' },
}
const context = {
  subscriptions: new WorkspaceSubscriptions(new Map([['w', [subscription]]])),
  nowMs: Date.parse('2026-11-20T00:00:00Z'),
}
const asked = (text?: string) => {
  const found = askedPeriod(text, 'w', context)
  return 'refused' in found ? found.refused : [found.period.label, found.subscription?.id]
}

describe('the period that is asked about', () => {
  it('B-8 is that of now, of its name, or of an instant inside of it', () => {
    const current = ['2026-11-15', subscription.id]
    expect(asked()).toEqual(current)
    expect(asked('2026-11-15')).toEqual(current)
    expect(asked('2026-12-14T23:59:59.999Z')).toEqual(current)
    expect(asked('2026-12-15T01:00:00+02:00')).toEqual(current)
    expect(asked('2026-11-14T23:59:59.999Z')).toEqual(['2026-11', undefined])
    expect(asked('2026-11')).toEqual(['2026-11', undefined])
  })

  it('B-8 a short name that no period has is refused with that of the period there', () => {
    expect(asked('2026-12')).toContain('no period 2026-12: that instant is in its period 2026-11-15')
    expect(asked('2026-11-16')).toContain('2026-11-15')
  })
})
