import type { UsageRejected } from '@portitor/contracts'
import type { Queryable } from '@portitor/postgres'

export interface StoredRejection {
  readonly rejection_id: string
  readonly workspace_id: string | null
  readonly source: string | null
  readonly id: string | null
  readonly code: string
  readonly field: string | null
  readonly detail: string
  readonly rejected_by: string
  readonly rejected_at: string
  readonly event: string
  readonly encoding: 'json' | 'base64'
  readonly replayed_at: string | null
}

const COLUMNS = `rejection_id, workspace_id, source, id, code, field, detail, rejected_by, event, encoding,
  to_char(rejected_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as rejected_at,
  to_char(replayed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as replayed_at`

/** A letter's id derives from where its event stood, so the same letter twice is one row. */
export async function insertRejections(tx: Queryable, letters: readonly UsageRejected[]): Promise<void> {
  await tx.query({
    name: 'rating.insert_rejections',
    text: `insert into rating.rejections (rejection_id, workspace_id, source, id, code, field, detail, rejected_by,
             rejected_at, origin, event, encoding)
           select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
             $8::text[], $9::timestamptz[], $10::jsonb[], $11::text[], $12::text[])
           on conflict do nothing`,
    values: [
      letters.map((letter) => letter.rejection_id),
      letters.map((letter) => letter.workspace_id ?? null),
      letters.map((letter) => letter.source ?? null),
      letters.map((letter) => letter.id ?? null),
      letters.map((letter) => letter.reason.code),
      letters.map((letter) => letter.reason.field ?? null),
      letters.map((letter) => letter.reason.detail),
      letters.map((letter) => letter.rejected_by),
      letters.map((letter) => letter.rejected_at),
      letters.map((letter) => JSON.stringify(letter.origin)),
      letters.map((letter) => letter.event),
      letters.map((letter) => letter.encoding),
    ],
  })
}

export interface RejectionFilter {
  readonly code?: string | undefined
  readonly replayed?: boolean | undefined
  /** Only letters after this one in the order of the list: (rejected_at, rejection_id), newest first. */
  readonly after?: { readonly rejectedAt: string; readonly id: string } | undefined
  readonly limit: number
}

export async function listRejections(tx: Queryable, filter: RejectionFilter): Promise<StoredRejection[]> {
  const { rows } = await tx.query<StoredRejection & Record<string, unknown>>(
    `select ${COLUMNS} from rating.rejections
     where ($1::text is null or code = $1)
       and ($2::boolean is null or (replayed_at is not null) = $2)
       and ($3::timestamptz is null or (rejections.rejected_at, rejection_id) < ($3, $4::uuid))
     order by rejections.rejected_at desc, rejection_id desc limit $5`,
    [
      filter.code ?? null,
      filter.replayed ?? null,
      filter.after?.rejectedAt ?? null,
      filter.after?.id ?? null,
      filter.limit,
    ],
  )
  return rows
}

export async function findRejection(tx: Queryable, id: string): Promise<StoredRejection | undefined> {
  const { rows } = await tx.query<StoredRejection & Record<string, unknown>>(
    `select ${COLUMNS} from rating.rejections where rejection_id = $1`,
    [id],
  )
  return rows[0]
}

/** The newest dead letter of an event, if there is one. */
export async function findRejectionOf(
  tx: Queryable,
  event: { workspaceId: string; source: string; id: string },
): Promise<StoredRejection | undefined> {
  const { rows } = await tx.query<StoredRejection & Record<string, unknown>>(
    `select ${COLUMNS} from rating.rejections where workspace_id = $1 and source = $2 and id = $3
     order by rejections.rejected_at desc limit 1`,
    [event.workspaceId, event.source, event.id],
  )
  return rows[0]
}

export async function markReplayed(tx: Queryable, id: string, at: Date): Promise<void> {
  await tx.query('update rating.rejections set replayed_at = $2 where rejection_id = $1', [id, at])
}
