import type { Queryable } from '@portitor/postgres'

/** Versions that a range is rated by; undefined: those in force. */
export interface FixedVersions {
  readonly price_version?: number | undefined
  readonly cost_version?: number | undefined
  /** Holds for the events of whoever subscribes to the plan. */
  readonly plan?: { readonly plan: string; readonly version: number } | undefined
}

export interface NewRerating {
  /** Undefined: of all. */
  readonly workspaceId: string | undefined
  readonly from: Date
  readonly to: Date
  readonly reason: string
  readonly fixed?: FixedVersions
  /** The same key again is the same re-rating. */
  readonly key: string
}

export interface Rerating {
  readonly rerating_id: string
  readonly only_workspace: string | null
  readonly from_time: Date
  readonly to_time: Date
  readonly fixed: FixedVersions
  readonly reason: string
  readonly status: 'running' | 'done' | 'failed'
  readonly error: string | null
  readonly next_batch: bigint
  readonly last_batch: bigint
  readonly events: bigint
  readonly corrected: bigint
  readonly refused: bigint
  /** The first of those that the version does not price, with the reason. */
  readonly refusals: readonly Refused[]
  readonly price_nanos: string
  readonly cost_nanos: string
  readonly created_at: Date
  readonly finished_at: Date | null
}

export interface Refused {
  readonly workspace_id: string
  readonly source: string
  readonly id: string
  readonly code: string
  readonly detail: string
}

const COLUMNS = `rerating_id, only_workspace, from_time, to_time, fixed, reason, status, error, next_batch, last_batch, events,
  corrected, refused, refusals, price_nanos::text, cost_nanos::text, created_at, finished_at`

/** Asks for a re-rating, for a caller that has taken the turn: what is rated by now is in it. The same key again answers the first. */
export async function insertRerating(tx: Queryable, id: string, asked: NewRerating): Promise<Rerating> {
  await tx.query(
    `insert into rating.reratings (rerating_id, key, only_workspace, from_time, to_time, fixed, reason, last_batch)
     select $1, $2, $3, $4, $5, $6, $7, coalesce(max(batch), 0) from rating.explanations
     on conflict (key) do nothing`,
    [id, asked.key, asked.workspaceId ?? null, asked.from, asked.to, JSON.stringify(asked.fixed ?? {}), asked.reason],
  )
  const { rows } = await tx.query<Rerating & Record<string, unknown>>(
    `select ${COLUMNS} from rating.reratings where key = $1`,
    [asked.key],
  )
  return rows[0]!
}

export async function findRerating(tx: Queryable, id: string): Promise<Rerating | undefined> {
  const { rows } = await tx.query<Rerating & Record<string, unknown>>(
    `select ${COLUMNS} from rating.reratings where rerating_id = $1`,
    [id],
  )
  return rows[0]
}

/** The newest first. */
export async function listReratings(
  tx: Queryable,
  page: { readonly before: string | undefined; readonly limit: number },
): Promise<Rerating[]> {
  const { rows } = await tx.query<Rerating & Record<string, unknown>>(
    `select ${COLUMNS} from rating.reratings where $1::uuid is null or rerating_id < $1 order by rerating_id desc limit $2`,
    [page.before ?? null, page.limit],
  )
  return rows
}

/** The oldest that is not done, for a caller that corrects alone. */
export async function findRunning(tx: Queryable): Promise<Rerating | undefined> {
  const { rows } = await tx.query<Rerating & Record<string, unknown>>(
    `select ${COLUMNS} from rating.reratings where status = 'running' order by created_at, rerating_id limit 1`,
  )
  return rows[0]
}

/**
 * Where a re-rating goes on, and up to where. One that begins looks through all that is there by now: what earlier ones have
 * corrected since it was asked for stands in batches that are newer than the asking.
 */
export async function beginRerating(
  tx: Queryable,
  { rerating_id: id, next_batch: batch, last_batch: last }: Rerating,
): Promise<{ readonly batch: bigint; readonly last: bigint }> {
  if (batch > 0n) return { batch, last }
  const { rows } = await tx.query<{ last: bigint }>(
    `update rating.reratings set next_batch = 1, last_batch = (select coalesce(max(batch), 0) from rating.explanations)
     where rerating_id = $1 returning last_batch as last`,
    [id],
  )
  return { batch: 1n, last: rows[0]!.last }
}

/** What a step of a re-rating has done. */
export interface Step {
  readonly nextBatch: bigint
  readonly events: number
  readonly corrected: number
  readonly refused: readonly Refused[]
  readonly priceNanos: bigint
  readonly costNanos: bigint
}

const refusalsMax = 100

export async function advanceRerating(tx: Queryable, id: string, step: Step): Promise<void> {
  await tx.query(
    `update rating.reratings set next_batch = $2, events = events + $3, corrected = corrected + $4, refused = refused + $5,
       refusals = (select coalesce(jsonb_agg(r), '[]') from (
         select r from jsonb_array_elements(refusals || $6::jsonb) with ordinality a(r, n) where n <= ${refusalsMax} order by n) kept),
       price_nanos = price_nanos + $7, cost_nanos = cost_nanos + $8
     where rerating_id = $1`,
    [
      id,
      step.nextBatch,
      step.events,
      step.corrected,
      step.refused.length,
      JSON.stringify(step.refused.slice(0, refusalsMax)),
      step.priceNanos,
      step.costNanos,
    ],
  )
}

export async function endRerating(tx: Queryable, id: string, error: string | null, at: Date): Promise<void> {
  await tx.query(`update rating.reratings set status = $2, error = $3, finished_at = $4 where rerating_id = $1`, [
    id,
    error === null ? 'done' : 'failed',
    error,
    at,
  ])
}
