import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import { type Queryable, textArray, timestampArray, uuidArray, uuidTextArray } from '@portitor/postgres'
import { eventKey } from './event-key.ts'
import { explanationText } from './explanation.ts'
import type { RatableUsage } from './ratable-usage.ts'
import type { RatedEvent } from './rate-batch.ts'

const UNIQUE_VIOLATION = '23505'
const compress = promisify(zstdCompress)
const FASTEST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/**
 * Inserts rated events with what explains them. Answers false where some of them had been rated before: nothing is
 * inserted then, and the transaction has to go back to a savepoint.
 */
export async function insertRated(tx: Queryable, rated: readonly RatedEvent[], ratedAt: Date): Promise<boolean> {
  if (rated.length === 0) return true
  const statement = {
    name: 'rating.insert_rated',
    text: `with explained as (
             insert into rating.explanations (rated_at, lines, from_time, to_time) values ($1, $2, $9, $10) returning batch
           )
           insert into rating.rated_usages (workspace_id, payload_hash, event_time, batch, place, source, id)
           select u.w, u.h, u.t, explained.batch, u.n, u.s, u.i
           from explained, (
             select unnest($3::uuid[]) as w, unnest($4::uuid[]) as h, unnest($5::timestamptz[]) as t,
               unnest($6::text[]) as s, unnest($7::text[]) as i, generate_series(0, $8::int - 1) as n
           ) u`,
    values: [
      ratedAt,
      await compressLines(rated.map((event) => explanationText(event))),
      uuidTextArray(rated, ({ planned }) => planned.event.workspaceId),
      uuidArray(rated, ({ planned }) => planned.event.payloadHash),
      timestampArray(rated, ({ planned }) => planned.event.timeMs),
      textArray(rated, ({ planned }) => planned.event.source),
      textArray(rated, ({ planned }) => planned.event.id),
      rated.length,
      ...spanOf(rated),
    ],
  }
  try {
    await tx.query(statement)
    return true
  } catch (error) {
    if ((error as { code?: string }).code !== UNIQUE_VIOLATION) throw error
    return false
  }
}

/** The lines of a batch as they are stored. */
export async function compressLines(lines: readonly string[]): Promise<Buffer> {
  return compress(lines.join('\n'), FASTEST)
}

/** The first and the last time of a batch's events. */
export function spanOf(rated: readonly RatedEvent<RatableUsage>[]): [Date, Date] {
  let [from, to] = [Infinity, -Infinity]
  for (const { planned } of rated) {
    const { timeMs } = planned.event
    if (timeMs < from) from = timeMs
    if (timeMs > to) to = timeMs
  }
  return [new Date(from), new Date(to)]
}

/** Payload hashes of those of the events that have been rated before, by event key. */
export async function findRated(
  tx: Queryable,
  events: readonly Pick<RatableUsage, 'workspaceId' | 'source' | 'id'>[],
): Promise<Map<string, string>> {
  const { rows } = await tx.query<{ workspace_id: string; source: string; id: string; payload_hash: string }>({
    name: 'rating.find_rated',
    text: `select r.workspace_id, r.source, r.id, r.payload_hash
           from unnest($1::uuid[], $2::text[], $3::text[]) u(workspace_id, source, id)
           join rating.rated_usages r using (workspace_id, source, id)`,
    values: [
      uuidTextArray(events, (event) => event.workspaceId),
      textArray(events, (event) => event.source),
      textArray(events, (event) => event.id),
    ],
  })
  return new Map(
    rows.map((row) => [
      eventKey({ workspaceId: row.workspace_id, source: row.source, id: row.id }),
      row.payload_hash.replaceAll('-', ''),
    ]),
  )
}
