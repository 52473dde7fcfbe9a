import { byteaArray, int4Array, type Queryable, textArray } from '@portitor/postgres'
import type { LogRecord, OutgoingMessage, Published } from './bus.ts'

/** Headers that say which log wrote a record and as which number per topic and partition; consumers drop a relay's resends by them. */
export const PRODUCER_HEADER = 'portitor-producer'
export const SEQUENCE_HEADER = 'portitor-sequence'

/** Appends to the log tables in the caller's transaction. Holds the heads of the target partitions until it ends. */
export async function appendToLog(
  tx: Queryable,
  log: string,
  messages: readonly OutgoingMessage[],
  partitionOf: (key: string) => number,
): Promise<Published[]> {
  if (messages.length === 0) return []
  const partitions = messages.map((message) => message.partition ?? partitionOf(message.key ?? ''))
  const { rows } = await tx.query<{ topic: string; partition: number; first_offset: bigint }>({
    name: 'bus.append',
    text: 'select topic, partition, first_offset from bus.append($1, $2, $3, $4, $5, $6, $7)',
    values: [
      log,
      textArray(messages, (message) => message.topic.name),
      int4Array(partitions, (partition) => partition),
      textArray(messages, (message) => message.key),
      textArray(messages, (message) => JSON.stringify(message.headers ?? {})),
      textArray(messages, ({ value }) => (isStorableText(value) ? value : null)),
      byteaArray(messages, ({ value }) => (isStorableText(value) ? null : value)),
    ],
  })
  const next = new Map(rows.map((row) => [`${row.topic}/${row.partition}`, row.first_offset]))
  return messages.map((message, index) => {
    const place = `${message.topic.name}/${partitions[index]!}`
    const sequence = next.get(place)!
    next.set(place, sequence + 1n)
    return { message, partition: partitions[index]!, sequence }
  })
}

/** Text that a column of text holds as it is: without NUL, and without half surrogate pairs. */
function isStorableText(value: string | Buffer | null): value is string {
  return typeof value === 'string' && !value.includes('\0') && value.isWellFormed()
}

/** How many bytes a record takes, roughly for text. */
export const RECORD_BYTES = 'coalesce(octet_length(body), octet_length(value), 0)'

/** What a record holds, as a log gives it: bytes, or null. */
export function valueOf(row: { body: string | null; value: Buffer | null }): Buffer | null {
  return row.body === null ? row.value : Buffer.from(row.body)
}

interface RecordRow extends Record<string, unknown> {
  topic: string
  partition: number
  record_offset: bigint
  key: string | null
  headers: string
  body: string | null
  value: Buffer | null
  appended_at: Date
}

/**
 * Reads a partition in offset order from `from` on: at least one record where there is one, at most `recordsMax`, and no
 * more once `bytesMax` is passed.
 */
export async function readLog(
  database: Queryable,
  at: { log: string; topic: string; partition: number; from: bigint },
  limits: { recordsMax: number; bytesMax: number },
): Promise<LogRecord[]> {
  const { rows } = await database.query<RecordRow>(
    `select topic, partition, record_offset, key, headers, body, value, appended_at
     from (
       select *, sum(${RECORD_BYTES}) over (order by record_offset) - ${RECORD_BYTES} as bytes_before
       from (
         select * from bus.records
         where log = $1 and topic = $2 and partition = $3 and record_offset >= $4
         order by record_offset limit $5
       ) next
     ) measured
     where bytes_before < $6
     order by record_offset`,
    [at.log, at.topic, at.partition, at.from, limits.recordsMax, limits.bytesMax],
  )
  return rows.map((row) => toLogRecord(row, at.log))
}

/** A record of the tables as every consumer sees it: with the producer and sequence that it has, or will have, in Kafka. */
function toLogRecord(row: RecordRow, log: string): LogRecord {
  return {
    topic: row.topic,
    partition: row.partition,
    offset: row.record_offset,
    key: row.key,
    value: valueOf(row),
    headers: {
      ...(JSON.parse(row.headers) as Record<string, string>),
      [PRODUCER_HEADER]: log,
      [SEQUENCE_HEADER]: String(row.record_offset),
    },
    timestampMs: row.appended_at.getTime(),
  }
}
