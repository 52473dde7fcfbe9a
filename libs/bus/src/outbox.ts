import { topics } from '@portitor/contracts'
import type { Database } from '@portitor/postgres'
import type { OutgoingMessage } from './bus.ts'
import { PRODUCER_HEADER, SEQUENCE_HEADER } from './log-tables.ts'
import { unpack } from './packing.ts'

export interface LogRow {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly message: OutgoingMessage
}

/** The oldest records of a service's outbox, in offset order per topic and partition, numbered for their consumers. */
export async function readOutbox(
  database: Database,
  service: string,
  limits: { recordsMax: number; bytesMax: number },
): Promise<LogRow[]> {
  const { rows } = await database.query<{
    topic: string
    partition: number
    record_offset: bigint
    key: string | null
    headers: string
    value: Buffer | null
    packed: boolean
  }>(
    `select topic, partition, record_offset, key, headers, value, packed
     from (
       select *, sum(octet_length(value)) over (order by topic, partition, record_offset) - octet_length(value) as bytes_before
       from (
         select * from bus.records where log = $1 order by topic, partition, record_offset limit $2
       ) oldest
     ) measured
     where coalesce(bytes_before, 0) < $3
     order by topic, partition, record_offset`,
    [service, limits.recordsMax, limits.bytesMax],
  )
  const values = await Promise.all(rows.map(unpack))
  return rows.map((row, index) => ({
    topic: row.topic,
    partition: row.partition,
    offset: row.record_offset,
    message: {
      topic: topics.find((topic) => topic.name === row.topic) ?? { name: row.topic, compacted: false },
      partition: row.partition,
      key: row.key,
      value: values[index] ?? null,
      headers: {
        ...(JSON.parse(row.headers) as Record<string, string>),
        [PRODUCER_HEADER]: service,
        [SEQUENCE_HEADER]: String(row.record_offset),
      },
    },
  }))
}

/** Removes records that the log has acknowledged. */
export async function trimOutbox(database: Database, service: string, rows: readonly LogRow[]): Promise<void> {
  await database.query(
    `delete from bus.records r using unnest($2::text[], $3::int[], $4::bigint[]) s(topic, partition, record_offset)
     where r.log = $1 and r.topic = s.topic and r.partition = s.partition and r.record_offset = s.record_offset`,
    [service, rows.map((row) => row.topic), rows.map((row) => row.partition), rows.map((row) => row.offset)],
  )
}
