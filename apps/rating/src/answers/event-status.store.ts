import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import type { Queryable } from '@portitor/postgres'
import { type Explanation, readExplanation } from '../rater/explanation.ts'

const decompress = promisify(zstdDecompress)
/** A batch is a few thousand events of some hundred bytes each. */
const LINES_BYTES_MAX = 256 * 1024 * 1024
/** Each is a batch to unpack. */
const REVISIONS_MAX = 1_000

export interface RatedRow {
  readonly event_time: Date
  readonly batch: bigint
  readonly place: number
}

/** Where what rating knows of an event is kept, if its workspace has such an event: to be asked as that workspace. */
export async function findRatedRow(
  tx: Queryable,
  event: { workspaceId: string; source: string; id: string },
): Promise<RatedRow | undefined> {
  const { rows } = await tx.query<RatedRow & Record<string, unknown>>(
    `select event_time, batch, place from rating.rated_usages where workspace_id = $1 and source = $2 and id = $3`,
    [event.workspaceId, event.source, event.id],
  )
  return rows[0]
}

/**
 * When an event was rated, what it owes and why, and so for each of its corrections, the newest last (R-9). Only for a row that
 * its workspace was shown: a batch holds many workspaces' events.
 */
export async function explanationsOf(
  tx: Queryable,
  event: { readonly workspaceId: string; readonly source: string; readonly id: string },
  { event_time: time, batch, place }: RatedRow,
): Promise<(Explanation & { readonly ratedAt: Date })[]> {
  const { rows } = await tx.query<{ place: number; rated_at: Date; lines: Buffer }>(
    `select p.place, e.rated_at, e.lines from (
       select 0 as revision, $1::bigint as batch, $2::int as place
       union all select revision, batch, place from rating.revisions where workspace_id = $3 and source = $4 and id = $5
     ) p join rating.explanations e using (batch) order by p.revision limit ${REVISIONS_MAX}`,
    [batch, place, event.workspaceId, event.source, event.id],
  )
  const { workspaceId: workspace_id, source, id } = event
  const known = { workspace_id, source, id, type: '', time: time.toISOString(), quantities: {} }
  return Promise.all(
    rows.map(async (row) => {
      const text = (await decompress(row.lines, { maxOutputLength: LINES_BYTES_MAX })).toString()
      return { ...readExplanation(text.split('\n')[row.place]!, known), ratedAt: row.rated_at }
    }),
  )
}

/** The number, in its partition of usage.rated, of the record that carried what was rated at this very instant. */
export async function sequenceOf(tx: Queryable, partition: number, ratedAt: Date): Promise<bigint | undefined> {
  const { rows } = await tx.query<{ sequence: bigint | null }>(
    'select max(sequence) as sequence from rating.rated_batches where partition = $1 and rated_at = $2',
    [partition, ratedAt],
  )
  return rows[0]?.sequence ?? undefined
}
