import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { ledgerTransferSchema, type LedgerTransfer } from '@portitor/contracts'
import { parseNanos } from '@portitor/money'
import type { Portitor } from './portitor.client.ts'
import type { Workload } from './workload.ts'

export interface Amounts {
  readonly priceNanos: bigint
  readonly costNanos: bigint
}

/**
 * What the ledger holds of a workload: its transfers are read one by one and those of its source are summed, whatever else
 * is in these workspaces.
 */
export async function readLedgerTotals(
  portitor: Portitor,
  workspaceIds: Iterable<string>,
  { source, firstMs, lastMs }: Pick<Workload, 'source' | 'firstMs' | 'lastMs'>,
): Promise<Amounts> {
  let [priceNanos, costNanos] = [0n, 0n]
  const from = new Date(firstMs).toISOString()
  const to = new Date(lastMs + 1).toISOString()
  for (const workspace_id of workspaceIds) {
    const query = new URLSearchParams({ format: 'ndjson', workspace_id, from, to })
    const body = await portitor.stream(`/api/v1/ledger/export?${query.toString()}`)
    for await (const line of createInterface({ input: Readable.from(body) })) {
      if (line === '') continue
      const transfer = ledgerTransferSchema.parse(JSON.parse(line))
      if (transfer.source !== source) continue
      const { price, cost } = amountsOf(transfer)
      priceNanos += price
      costNanos += cost
    }
  }
  return { priceNanos, costNanos }
}

/** A negative amount has its sides swapped (L-3): what debits revenue was given back. */
function amountsOf({ code, debit_account, credit_account, amount_nanos }: LedgerTransfer) {
  const amount = parseNanos(amount_nanos)
  const signed = (earned: boolean) => (earned ? amount : -amount)
  if (code === 'usage.price') return { price: signed(credit_account.startsWith('revenue:')), cost: 0n }
  if (code === 'usage.cost') return { price: 0n, cost: signed(debit_account.startsWith('cogs:')) }
  return { price: 0n, cost: 0n }
}
