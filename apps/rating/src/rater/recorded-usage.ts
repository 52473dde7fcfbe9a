import { createHash } from 'node:crypto'
import { type Rejection, type UsageRejected, usageRejectedTopic } from '@portitor/contracts'
import type { LogRecord, OutgoingMessage } from '@portitor/bus'
import { decodeRecord } from '@portitor/metering'

/** One event as it stands in a record of usage.recorded: still unjudged, with the place it stands at. */
export interface RecordedUsage {
  readonly record: LogRecord
  readonly index: number
  /** The decoded event, or why the record holds none. */
  readonly raw: unknown
  readonly undecodable?: Rejection
}

/** The events of a record. What cannot be decoded is one item too, so that it is counted and dead-lettered like any other. */
export function recordedUsages(record: LogRecord): RecordedUsage[] {
  const decoded = decodeRecord(record)
  if ('refused' in decoded) return [{ record, index: 0, raw: undefined, undecodable: decoded.refused }]
  return decoded.events.map((raw, index) => ({ record, index, raw }))
}

/** The dead letter of an event, with everything needed to look at it and to send it again (M-7). */
export function toDeadLetter(usage: RecordedUsage, reason: Rejection, rejectedAt: string): OutgoingMessage {
  const { record, index, raw } = usage
  const fields = (typeof raw === 'object' && raw !== null ? raw : {}) as Record<string, unknown>
  const text = (value: unknown) =>
    typeof value === 'string' && value.length <= 256 ? value.replaceAll('\u0000', '') : undefined
  const workspaceId = text(fields['subject'])
  const source = text(fields['source'])
  const id = text(fields['id'])
  const letter: UsageRejected = {
    rejection_id: rejectionId(record, index),
    ...(workspaceId !== undefined && isUuid(workspaceId) ? { workspace_id: workspaceId } : {}),
    ...(source === undefined ? {} : { source }),
    ...(id === undefined ? {} : { id }),
    reason,
    rejected_at: rejectedAt,
    rejected_by: 'rating',
    origin: { topic: record.topic, partition: record.partition, offset: String(record.offset), index },
    ...(usage.undecodable === undefined
      ? { event: JSON.stringify(raw) ?? 'null', encoding: 'json' as const }
      : { event: record.value?.toString('base64') ?? '', encoding: 'base64' as const }),
  }
  return {
    topic: usageRejectedTopic,
    key: letter.workspace_id ?? null,
    value: JSON.stringify(letter),
    headers: { 'rejected-by': 'rating', code: reason.code },
  }
}

/** Derived from where the event stood in the log, so handling it again makes the same letter. RFC 9562 version 8. */
export function rejectionId(record: LogRecord, index: number): string {
  const bytes = createHash('sha256').update(`${record.topic}/${record.partition}/${record.offset}/${index}`).digest()
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.subarray(0, 16).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)
}
