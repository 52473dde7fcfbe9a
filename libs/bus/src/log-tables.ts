import { byteaArray, int4Array, type Queryable, textArray } from '@portitor/postgres'
import type { LogRecord, OutgoingMessage, Published } from './bus.ts'
import { pack, unpack } from './packing.ts'

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
  const stored = await Promise.all(messages.map(({ value }) => pack(value)))
  const { rows } = await tx.query<{ topic: string; partition: number; first_offset: bigint }>({
    name: 'bus.append',
    text: 'select topic, partition, first_offset from bus.append($1, $2, $3, $4, $5, $6, $7)',
    values: [
      log,
      textArray(messages, (message) => message.topic.name),
      int4Array(partitions, (partition) => partition),
      textArray(messages, (message) => message.key),
      textArray(messages, (message) => JSON.stringify(message.headers ?? {})),
      byteaArray(stored, ({ bytes }) => bytes),
      stored.map(({ packed }) => packed),
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

interface RecordRow extends Record<string, unknown> {
  topic: string
  partition: number
  record_offset: bigint
  key: string | null
  headers: string
  value: Buffer | null
  packed: boolean
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
    `select topic, partition, record_offset, key, headers, value, packed, appended_at
     from (
       select *, sum(octet_length(value)) over (order by record_offset) - octet_length(value) as bytes_before
       from (
         select * from bus.records
         where log = $1 and topic = $2 and partition = $3 and record_offset >= $4
         order by record_offset limit $5
       ) next
     ) measured
     where coalesce(bytes_before, 0) < $6
     order by record_offset`,
    [at.log, at.topic, at.partition, at.from, limits.recordsMax, limits.bytesMax],
  )
  return Promise.all(rows.map((row) => toLogRecord(row, at.log)))
}

/** A record of the tables as every consumer sees it: with the producer and sequence that it has, or will have, in Kafka. */
async function toLogRecord(row: RecordRow, log: string): Promise<LogRecord> {
  return {
    topic: row.topic,
    partition: row.partition,
    offset: row.record_offset,
    key: row.key,
    value: await unpack(row),
    headers: {
      ...(JSON.parse(row.headers) as Record<string, string>),
      [PRODUCER_HEADER]: log,
      [SEQUENCE_HEADER]: String(row.record_offset),
    },
    timestampMs: row.appended_at.getTime(),
  }
}
