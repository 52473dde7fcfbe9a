import { usageAnswerSchema, type UsageAnswer } from '@portitor/contracts'
import { parseNanos } from '@portitor/money'
import type { Amounts } from './ledger-totals.client.ts'
import type { Portitor } from './portitor.client.ts'
import type { Workload } from './workload.ts'

/** What one question may name. */
const workspacesMax = 100

/** What the rollups hold of these workspaces in the hours from the first to the last event, in one currency. */
export async function readAnalyticsTotals(
  portitor: Portitor,
  workspaceIds: readonly string[],
  { firstMs, lastMs }: Pick<Workload, 'firstMs' | 'lastMs'>,
): Promise<Amounts & { readonly events: number }> {
  const sums = { events: 0, priceNanos: 0n, costNanos: 0n }
  for (let at = 0; at < workspaceIds.length; at += workspacesMax) {
    const query = new URLSearchParams({ window: 'total' })
    query.set('from', new Date(firstMs).toISOString())
    query.set('to', new Date(lastMs + 1).toISOString())
    for (const id of workspaceIds.slice(at, at + workspacesMax)) query.append('workspace_id', id)
    const { totals }: UsageAnswer = await portitor.get(usageAnswerSchema, `/api/v1/metering/usage?${query.toString()}`)
    for (const { events, price_nanos, cost_nanos } of totals) {
      sums.events += events
      sums.priceNanos += parseNanos(price_nanos)
      // Absent only where a tenant asks.
      sums.costNanos += parseNanos(cost_nanos ?? '0')
    }
  }
  return sums
}
