import type { Reconciliation } from '@portitor/contracts'
import type { ExpectedTotals } from './expected-totals.ts'
import type { Amounts } from './ledger-totals.client.ts'

/**
 * Holds what was computed against what ledger and analytics say, to the nano, and takes over what the system's own
 * reconciliation found. Empty: everything agrees. Each line is for people.
 */
export function compareTotals(
  expected: Pick<ExpectedTotals, 'events' | 'priceNanos' | 'costNanos'>,
  ledger: Amounts,
  analytics: Amounts & { readonly events: number },
  { ok, pending, differences }: Pick<Reconciliation, 'ok' | 'pending' | 'differences'>,
): string[] {
  const pairs = [
    ['events in analytics', expected.events, analytics.events],
    ['price in the ledger', expected.priceNanos, ledger.priceNanos],
    ['cost in the ledger', expected.costNanos, ledger.costNanos],
    ['price in analytics', expected.priceNanos, analytics.priceNanos],
    ['cost in analytics', expected.costNanos, analytics.costNanos],
  ] as const
  const found = pairs.filter(([, computed, actual]) => computed !== actual)
  const lines = found.map(([what, computed, actual]) => `${what}: computed ${computed}, found ${actual}`)
  if (pending > 0) lines.push(`${pending} accepted events are still on their way; ask GET /api/v1/reconciliation later`)
  for (const { check, detail, expected: wanted, actual } of differences)
    lines.push(`reconciliation, ${check}: expected ${wanted}, found ${actual}: ${detail}`)
  if (!ok && lines.length === 0) lines.push('the reconciliation is not ok and names no difference')
  return lines
}
