import type { Billed } from './bills.client.ts'
import type { ExpectedTotals } from './expected-totals.ts'

/**
 * Holds the bills of the subscribers against what was computed of their usage, and their totals against their lines. Empty: everything
 * agrees. Right only where the periods hold nothing else and were not closed before all of it was rated. Each line is for people.
 */
export function compareBills(
  { byWorkspace }: Pick<ExpectedTotals, 'byWorkspace'>,
  bills: ReadonlyMap<string, Billed>,
  names: ReadonlyMap<string, string>,
): string[] {
  const found: string[] = []
  for (const [workspaceId, { usageNanos, feesNanos, trueUpNanos, adjustmentsNanos, totalNanos }] of bills) {
    const name = names.get(workspaceId) ?? workspaceId
    const computed = byWorkspace.get(workspaceId)?.priceNanos ?? 0n
    if (computed !== usageNanos) found.push(`usage on the bill of ${name}: computed ${computed}, found ${usageNanos}`)
    const lines = usageNanos + feesNanos + trueUpNanos + adjustmentsNanos
    if (lines !== totalNanos) found.push(`total of the bill of ${name}: its lines are ${lines}, found ${totalNanos}`)
  }
  return found
}
