import { hash } from 'node:crypto'
import type { LogRecord, OutgoingMessage } from '@portitor/bus'
import { type UsageRejected, usageRejectedTopic, workspaceIdSchema } from '@portitor/contracts'
import { decodeRated } from './decode-rated.ts'

/** One event as it stands in a record of usage.rated: still unchecked, with its place there. */
export interface RatedItem {
  readonly index: number
  readonly event: unknown
}

export function ratedItems(record: LogRecord): RatedItem[] {
  return decodeRated(record.value).map((event, index) => ({ index, event }))
}

/**
 * The dead letter of an event that cannot be posted, or of a whole record that cannot be read: with everything needed to
 * look at it and to send it again (M-7).
 */
export function toDeadLetter(
  record: LogRecord,
  item: RatedItem | undefined,
  error: Error,
  rejectedAt: string,
): OutgoingMessage {
  const fields = (typeof item?.event === 'object' && item.event !== null ? item.event : {}) as Record<string, unknown>
  const workspace = workspaceIdSchema.safeParse(fields['workspace_id'])
  const text = (name: string) => (typeof fields[name] === 'string' ? { [name]: fields[name] } : {})
  const index = item?.index ?? 0
  const origin = { topic: record.topic, partition: record.partition, offset: String(record.offset), index }
  const code = item === undefined ? 'record.not_readable' : 'event.not_postable'
  const letter: UsageRejected = {
    rejection_id: letterId(origin),
    ...(workspace.success ? { workspace_id: workspace.data } : {}),
    ...text('source'),
    ...text('id'),
    reason: { code, detail: `the ledger cannot post this: ${error.message}` },
    rejected_at: rejectedAt,
    rejected_by: 'ledger',
    origin,
    ...(item === undefined
      ? { event: record.value?.toString('base64') ?? '', encoding: 'base64' as const }
      : { event: JSON.stringify(item.event) ?? 'null', encoding: 'json' as const }),
  }
  return {
    topic: usageRejectedTopic,
    key: letter.workspace_id ?? null,
    value: JSON.stringify(letter),
    headers: { 'rejected-by': 'ledger', code },
  }
}

/** Derived from where the event stood in the log, so handling it again makes the same letter. RFC 9562 version 8. */
function letterId({ topic, partition, offset, index }: UsageRejected['origin']): string {
  const hex = hash('sha256', `${topic}/${partition}/${offset}/${index}`, 'hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
