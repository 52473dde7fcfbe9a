import type { Subscription } from '@portitor/contracts'
import fc from 'fast-check'

export const zones = [
  'UTC',
  'Europe/Vienna',
  'America/New_York',
  'America/Sao_Paulo',
  'America/St_Johns',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Chatham',
  'Africa/Casablanca',
  'Asia/Tehran',
] as const

const HOUR_MS = 3_600_000
const from = Date.parse('2009-01-01T00:00:00Z')
const until = Date.parse('2041-01-01T00:00:00Z')

/** Instants of thirty years; some within hours of each other's midnight, where mistakes are. */
export const timeMs = fc.oneof(
  fc.integer({ min: from, max: until }),
  fc.integer({ min: 0, max: (until - from) / HOUR_MS }).map((hours) => from + hours * HOUR_MS),
)

const billing = fc.record({
  cycle: fc.constantFrom('calendar', 'anniversary'),
  months: fc.integer({ min: 1, max: 12 }),
  anchor: timeMs.map((ms) => new Date(ms).toISOString()),
  time_zone: fc.constantFrom(...zones),
})

/** With an end or without, from one instant to five years long. */
export const scheduled = fc
  .record({ start: timeMs, lengthMs: fc.option(fc.integer({ min: 1, max: 5 * 366 * 24 * HOUR_MS })), billing })
  .map(({ start, lengthMs, billing }) => ({
    starts_at: new Date(start).toISOString(),
    ends_at: lengthMs === null ? null : new Date(start + lengthMs).toISOString(),
    billing,
  }))

export function subscriptionOf(changes: Partial<Subscription>): Subscription {
  const starts_at = changes.starts_at ?? '2026-01-31T09:30:00.000Z'
  return {
    id: '0192f0c1-0000-7000-8000-000000000001',
    workspace_id: '0192f0c1-0000-7000-8000-000000000002',
    revision: 1,
    starts_at,
    ends_at: null,
    billing: { cycle: 'anniversary', months: 1, anchor: starts_at, time_zone: 'UTC' },
    phases: [{ from: starts_at, plan: 'pro', version: 1, state: 'active', seats: 1, add_ons: [], overrides: {} }],
    ...changes,
  }
}
