import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import type { Database, Queryable } from '@portitor/postgres'
import { type Explanation, readExplanation } from './explanation.ts'

const decompress = promisify(zstdDecompress)
/** A batch is a few thousand events of some hundred bytes each. */
const LINES_BYTES_MAX = 256 * 1024 * 1024

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

/** When an event was rated, what it owes and why. Only for a row that its workspace was shown: a batch holds many workspaces' events. */
export async function explanationOf(
  database: Database,
  { batch, place }: RatedRow,
): Promise<Explanation & { readonly ratedAt: Date }> {
  const { rows } = await database.query<{ rated_at: Date; lines: Buffer }>(
    'select rated_at, lines from rating.explanations where batch = $1',
    [batch],
  )
  const { rated_at: ratedAt, lines } = rows[0]!
  const text = (await decompress(lines, { maxOutputLength: LINES_BYTES_MAX })).toString()
  return { ...readExplanation(text.split('\n')[place]!), ratedAt }
}

/** The number, in its partition of usage.rated, of the record that carried what was rated at this very instant. */
export async function sequenceOf(tx: Queryable, partition: number, ratedAt: Date): Promise<bigint | undefined> {
  const { rows } = await tx.query<{ sequence: bigint | null }>(
    'select max(sequence) as sequence from rating.rated_batches where partition = $1 and rated_at = $2',
    [partition, ratedAt],
  )
  return rows[0]?.sequence ?? undefined
}
