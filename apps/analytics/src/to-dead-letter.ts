import { createHash } from 'node:crypto'
import type { LogRecord, OutgoingMessage } from '@portitor/bus'
import { type UsageRejected, usageRejectedTopic } from '@portitor/contracts'
import type { RefusedUsage } from './judge-rated.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The dead letter of what cannot be stored, with everything needed to look at it (M-7). */
export function toDeadLetter({ record, index, event, reason }: RefusedUsage, rejectedAt: string): OutgoingMessage {
  const fields = (typeof event === 'object' && event !== null ? event : {}) as Record<string, unknown>
  const text = (name: string, isFit: (value: string) => boolean) => {
    const value = fields[name]
    return typeof value === 'string' && isFit(value) ? { [name]: value } : {}
  }
  const isShort = (value: string) => value.length <= 256 && !value.includes('\u0000')
  const letter: UsageRejected = {
    rejection_id: rejectionId(record, index),
    ...text('workspace_id', (value) => UUID.test(value)),
    ...text('source', isShort),
    ...text('id', isShort),
    reason,
    rejected_at: rejectedAt,
    rejected_by: 'analytics',
    origin: { topic: record.topic, partition: record.partition, offset: String(record.offset), index },
    ...(event === undefined
      ? { event: record.value?.toString('base64') ?? '', encoding: 'base64' as const }
      : { event: JSON.stringify(event), encoding: 'json' as const }),
  }
  return {
    topic: usageRejectedTopic,
    key: letter.workspace_id ?? null,
    value: JSON.stringify(letter),
    headers: { 'rejected-by': 'analytics', code: reason.code },
  }
}

/** Derived from where the event stood in the log, so whoever refuses it, and however often, makes the same letter. */
function rejectionId(record: LogRecord, index: number): string {
  const bytes = createHash('sha256').update(`${record.topic}/${record.partition}/${record.offset}/${index}`).digest()
  const hex = [...bytes.subarray(0, 16)]
    .map((byte, at) => (at === 6 ? (byte & 0x0f) | 0x80 : at === 8 ? (byte & 0x3f) | 0x80 : byte))
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
