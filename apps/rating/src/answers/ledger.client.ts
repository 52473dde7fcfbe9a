import type { LedgerPage, LedgerTransfer } from '@portitor/contracts'
import type { Peers } from '@portitor/service'

/**
 * What the ledger has posted of an event and its corrections, the oldest first, as the event's workspace sees it: never a cost
 * (L-8). None where the ledger does not answer as asked.
 */
export async function transfersOf(
  peers: Peers,
  event: { readonly workspaceId: string; readonly source: string; readonly id: string },
  time: Date,
): Promise<readonly LedgerTransfer[]> {
  const query = new URLSearchParams({ source: event.source, id: event.id, time: String(time.getTime()) })
  const headers = { 'x-workspace-id': event.workspaceId }
  const { status, body } = await peers.get<LedgerPage>(
    'ledger',
    `/api/v1/ledger/transfers?${query.toString()}`,
    headers,
  )
  return status === 200 ? body.data : []
}
