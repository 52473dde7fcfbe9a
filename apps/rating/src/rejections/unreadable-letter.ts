import type { LogRecord, OutgoingMessage } from '@portitor/bus'
import { type Rejection, type UsageRejected, usageRejectedTopic } from '@portitor/contracts'
import { rejectionId } from '../rater/recorded-usage.ts'

/** A dead letter about a record itself, which is none of those that its topic holds: kept as bytes, so that nothing is lost (M-7). */
export function unreadableLetter(record: LogRecord, reason: Rejection): UsageRejected {
  return {
    rejection_id: rejectionId(record, 0),
    reason,
    rejected_at: new Date(record.timestampMs).toISOString(),
    rejected_by: 'rating',
    origin: { topic: record.topic, partition: record.partition, offset: String(record.offset), index: 0 },
    event: (record.value ?? Buffer.alloc(0)).toString('base64'),
    encoding: 'base64',
  }
}

export function toLetter(record: LogRecord, reason: Rejection): OutgoingMessage {
  return {
    topic: usageRejectedTopic,
    key: record.key,
    value: JSON.stringify(unreadableLetter(record, reason)),
    headers: { 'rejected-by': 'rating', code: reason.code },
  }
}
