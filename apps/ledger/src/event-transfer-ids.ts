import type { EventTransfersQuery } from '@portitor/contracts'
import { costTag, eventDigest, formatUuid, priceTag, transferId } from './transfer-ids.ts'

/** The ids an event's transfers have, if there are any: one per charge and one for the cost. */
export function eventTransferIds(workspaceId: string, event: Omit<EventTransfersQuery, 'workspace_id'>): string[] {
  const digest = eventDigest(workspaceId, event.source, event.id)
  const charges = event.charges === '' ? [] : event.charges.split(',')
  return [...charges.map(priceTag), costTag].map((tag) => formatUuid(transferId(event.time, digest, tag)))
}
