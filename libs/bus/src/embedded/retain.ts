import { topics } from '@portitor/contracts'
import type { Database } from '@portitor/postgres'

/**
 * Keeps the tables from growing for ever: of a compacted topic the last record of each key stays, of the others what is
 * younger than the retention or not yet read by some consumer.
 */
export async function retain(database: Database, log: string, retentionMs: number): Promise<void> {
  for (const topic of topics) {
    if (topic.compacted) {
      await database.query(
        `delete from bus.records older using (
           select partition, key, max(record_offset) as last from bus.records where log = $1 and topic = $2 group by partition, key
         ) newest
         where older.log = $1 and older.topic = $2 and older.partition = newest.partition
           and older.key = newest.key and older.record_offset < newest.last`,
        [log, topic.name],
      )
    } else {
      await database.query(
        `delete from bus.records r where r.log = $1 and r.topic = $2 and r.appended_at < now() - $3 * interval '1 ms'
           and r.record_offset < coalesce((select min(p.next_offset) from bus.positions p
             where p.topic = r.topic and p.partition = r.partition), r.record_offset + 1)`,
        [log, topic.name, retentionMs],
      )
    }
  }
}
