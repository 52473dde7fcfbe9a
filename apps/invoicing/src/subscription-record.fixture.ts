import type { PlanContent } from '@portitor/contracts'
import type { SubscriptionRecord } from './subscription-record.ts'

export const DAY_MS = 86_400_000
export const startMs = Date.parse('2026-01-01T00:00:00Z')
/** The instant so many days after the start of the subscription. */
export const day = (days: number) => new Date(startMs + days * DAY_MS).toISOString()

/** Five seats of `pro` from 1 January 2026 on, in calendar months of UTC. */
export function recordOf(changes: Partial<SubscriptionRecord> = {}): SubscriptionRecord {
  return {
    id: '0192f0c1-0000-7000-8000-000000000001',
    workspaceId: '0192f0c1-0000-7000-8000-000000000002',
    revision: 1,
    startsAtMs: startMs,
    endsAtMs: null,
    billing: { cycle: 'calendar', months: 1, anchor: day(0), time_zone: 'UTC' },
    trialEndsAtMs: null,
    terms: [{ fromMs: startMs, plan: 'pro', version: 1, seats: 5, add_ons: [], overrides: {} }],
    pauses: [],
    createdAtMs: startMs,
    ...changes,
  }
}

/** A fee and a charge, as most plans have. */
export function planOf(id: string, changes: Partial<PlanContent> = {}): PlanContent {
  return {
    id,
    name: id,
    currency: 'USD',
    fees: [{ id: 'base', per: 'workspace', price: { model: 'flat', amount: '20', due: 'in_advance' }, prorated: true }],
    charges: [{ id: 'calls', meters: ['requests'], price: { model: 'per_unit', rate: '0.01', per: '1' } }],
    ...changes,
  }
}
