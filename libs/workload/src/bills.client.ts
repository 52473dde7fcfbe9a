import { billSchema } from '@portitor/contracts'
import { parseNanos } from '@portitor/money'
import type { Subscriber } from './expected-totals.ts'
import type { Portitor } from './portitor.client.ts'

/** What the billing periods of a workload come to so far for a subscriber, in nano-units. */
export interface Billed {
  readonly usageNanos: bigint
  readonly feesNanos: bigint
  /** What tops up to minimums and to the commitment. */
  readonly trueUpNanos: bigint
  /** Usage of earlier periods that was rated after their close. */
  readonly adjustmentsNanos: bigint
  readonly totalNanos: bigint
}

/** The bills of each subscriber over the periods that the workload is in, by workspace id. */
export async function readBills(
  portitor: Portitor,
  subscribers: ReadonlyMap<string, Subscriber>,
): Promise<ReadonlyMap<string, Billed>> {
  const bills = new Map<string, Billed>()
  for (const [workspaceId, { periods }] of subscribers) {
    const sums = { usageNanos: 0n, feesNanos: 0n, trueUpNanos: 0n, adjustmentsNanos: 0n, totalNanos: 0n }
    for (const period of periods) {
      const query = new URLSearchParams({ period })
      const path = `/api/v1/pricing/bill?${query.toString()}`
      const { lines, total_nanos } = await portitor.get(billSchema, path, { 'x-workspace-id': workspaceId })
      for (const { kind, amount_nanos } of lines) sums[sumOf[kind]] += parseNanos(amount_nanos)
      sums.totalNanos += parseNanos(total_nanos)
    }
    bills.set(workspaceId, sums)
  }
  return bills
}

const sumOf = {
  usage: 'usageNanos',
  fee: 'feesNanos',
  minimum: 'trueUpNanos',
  commitment: 'trueUpNanos',
  adjustment: 'adjustmentsNanos',
} as const
