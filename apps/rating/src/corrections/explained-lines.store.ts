import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import { type Queryable, textArray, uuidTextArray } from '@portitor/postgres'
import { type Explanation, explanationText, readExplanation } from '../rater/explanation.ts'
import { eventKey } from '../rater/event-key.ts'
import { compressLines, spanOf } from '../rater/rated-usages.store.ts'
import type { RatedEvent } from '../rater/rate-batch.ts'
import type { RatableUsage } from '../rater/ratable-usage.ts'
import { total } from './correction-texts.ts'
import type { Corrected } from './correct-events.ts'

const decompress = promisify(zstdDecompress)
/** A batch is a few thousand events of some hundred bytes each. */
const LINES_BYTES_MAX = 256 * 1024 * 1024

/** What to look for among the explained events. */
export interface Wanted {
  readonly workspaceId: string | undefined
  readonly fromMs: number
  readonly toMs: number
}

/** The latest time of all that is rated; undefined: nothing is. */
export async function lastRatedTime(tx: Queryable): Promise<Date | undefined> {
  const { rows } = await tx.query<{ last: Date | null }>('select max(to_time) as last from rating.explanations')
  return rows[0]!.last ?? undefined
}

/** The next batch with events of a span of time, at or after `batch`; undefined: there is none. */
export async function nextBatch(
  tx: Queryable,
  after: { readonly batch: bigint; readonly last: bigint },
  wanted: Wanted,
): Promise<{ readonly batch: bigint; readonly lines: Buffer } | undefined> {
  const { rows } = await tx.query<{ batch: bigint; lines: Buffer }>({
    name: 'rating.next_explained',
    text: `select batch, lines from rating.explanations
           where batch >= $1 and batch <= $2 and to_time >= $3 and from_time < $4 order by batch limit 1`,
    values: [after.batch, after.last, new Date(wanted.fromMs), new Date(wanted.toMs)],
  })
  return rows[0]
}

/** Those of a batch's lines that are wanted, and are what their event owes now: not the ones that were corrected since. */
export async function standingLines(tx: Queryable, lines: Buffer, wanted: Wanted): Promise<Explanation[]> {
  const text = (await decompress(lines, { maxOutputLength: LINES_BYTES_MAX })).toString()
  const found = text
    .split('\n')
    .filter((line) => wanted.workspaceId === undefined || line.includes(wanted.workspaceId))
    .map((line) => readExplanation(line))
    .filter(({ usage: { event } }) => {
      if (wanted.workspaceId !== undefined && event.workspaceId !== wanted.workspaceId) return false
      return event.timeMs >= wanted.fromMs && event.timeMs < wanted.toMs
    })
  const newest = await newestRevisions(tx, found)
  return found.filter(
    ({ usage, correction }) => (newest.get(eventKey(usage.event)) ?? 0) === (correction?.revision ?? 0),
  )
}

async function newestRevisions(tx: Queryable, lines: readonly Explanation[]): Promise<Map<string, number>> {
  if (lines.length === 0) return new Map()
  const { rows } = await tx.query<{ workspace_id: string; source: string; id: string; revision: number }>({
    name: 'rating.newest_revisions',
    text: `select workspace_id, source, id, max(revision)::int as revision
           from unnest($1::uuid[], $2::text[], $3::text[]) a(workspace_id, source, id)
           join rating.revisions using (workspace_id, source, id) group by workspace_id, source, id`,
    values: [
      uuidTextArray(lines, ({ usage }) => usage.event.workspaceId),
      textArray(lines, ({ usage }) => usage.event.source),
      textArray(lines, ({ usage }) => usage.event.id),
    ],
  })
  return new Map(rows.map((row) => [eventKey({ ...row, workspaceId: row.workspace_id }), row.revision]))
}

/** Keeps what events owe now and why; their newest revision holds. Fails where another has corrected one of them meanwhile. */
export async function insertCorrections(
  tx: Queryable,
  corrected: readonly Corrected[],
  reason: string,
  ratedAt: Date,
): Promise<void> {
  const rated: RatedEvent<RatableUsage>[] = corrected.map((one) => one.rated)
  const lines = corrected.map((one) =>
    explanationText(one.rated, {
      revision: one.revision,
      reason,
      reversedPrice: total(one.reversedPrice),
      reversedCost: total(one.reversedCost),
    }),
  )
  await tx.query(
    `with explained as (
       insert into rating.explanations (rated_at, lines, from_time, to_time) values ($1, $2, $3, $4) returning batch
     )
     insert into rating.revisions (workspace_id, source, id, revision, batch, place)
     select w, s, i, r, explained.batch, n - 1
     from explained, unnest($5::uuid[], $6::text[], $7::text[], $8::int[]) with ordinality u(w, s, i, r, n)`,
    [
      ratedAt,
      await compressLines(lines),
      ...spanOf(rated),
      uuidTextArray(rated, ({ planned }) => planned.event.workspaceId),
      textArray(rated, ({ planned }) => planned.event.source),
      textArray(rated, ({ planned }) => planned.event.id),
      corrected.map(({ revision }) => revision),
    ],
  )
}
