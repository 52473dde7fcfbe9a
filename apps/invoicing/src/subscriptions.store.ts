import type { Queryable } from '@portitor/postgres'
import { ProblemException } from '@portitor/service'
import { type SubscriptionRecord, toInstant } from './subscription-record.ts'

interface SubscriptionRow extends Record<string, unknown> {
  id: string
  workspace_id: string
  revision: number
  starts_at: Date
  ends_at: Date | null
  billing: SubscriptionRecord['billing']
  trial_ends_at: Date | null
  terms: SubscriptionRecord['terms']
  pauses: SubscriptionRecord['pauses']
  created_at: Date
}

/** The number that the database raises for `exclusion_violation`. */
const OVERLAP = '23P01'

/** Newest first; ids below `before`, at most `limit`. `workspaceId` undefined: of all workspaces. */
export async function listSubscriptions(
  db: Queryable,
  page: { workspaceId: string | undefined; before: string | undefined; limit: number },
): Promise<SubscriptionRecord[]> {
  const { rows } = await db.query<SubscriptionRow>(
    `select * from invoicing.subscriptions
     where ($1::uuid is null or workspace_id = $1) and ($2::uuid is null or id < $2) order by id desc limit $3`,
    [page.workspaceId ?? null, page.before ?? null, page.limit],
  )
  return rows.map(toRecord)
}

/** `workspaceId` undefined: of any workspace. `lock`: nobody else changes it before this transaction ends. */
export async function findSubscription(
  db: Queryable,
  { id, workspaceId, lock = false }: { id: string; workspaceId: string | undefined; lock?: boolean },
): Promise<SubscriptionRecord> {
  const { rows } = await db.query<SubscriptionRow>(
    `select * from invoicing.subscriptions where id = $1 and ($2::uuid is null or workspace_id = $2) ${lock ? 'for update' : ''}`,
    [id, workspaceId ?? null],
  )
  if (rows[0] === undefined)
    throw new ProblemException(404, 'subscription.not_found', 'There is no subscription of this id here.')
  return toRecord(rows[0])
}

/** 409 `subscription.overlap` where the workspace has another one at any time of it. */
export async function insertSubscription(tx: Queryable, record: SubscriptionRecord): Promise<void> {
  const { id, workspaceId, revision, startsAtMs, billing, trialEndsAtMs, createdAtMs } = record
  await apart(
    tx.query(
      `insert into invoicing.subscriptions
         (id, workspace_id, revision, starts_at, ends_at, billing, trial_ends_at, terms, pauses, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        id,
        workspaceId,
        revision,
        toInstant(startsAtMs),
        endOf(record),
        JSON.stringify(billing),
        trialEndsAtMs === null ? null : toInstant(trialEndsAtMs),
        JSON.stringify(record.terms),
        JSON.stringify(record.pauses),
        toInstant(createdAtMs),
      ],
    ),
  )
}

/** What of a subscription changes. Its revision has to follow the one that is stored. Throws like `insertSubscription`. */
export async function updateSubscription(tx: Queryable, record: SubscriptionRecord): Promise<void> {
  await apart(
    tx.query('update invoicing.subscriptions set revision = $2, ends_at = $3, terms = $4, pauses = $5 where id = $1', [
      record.id,
      record.revision,
      endOf(record),
      JSON.stringify(record.terms),
      JSON.stringify(record.pauses),
    ]),
  )
}

async function apart(written: Promise<unknown>): Promise<void> {
  try {
    await written
  } catch (error) {
    if ((error as { code?: unknown }).code !== OVERLAP) throw error
    throw new ProblemException(
      409,
      'subscription.overlap',
      'The workspace has another subscription at that time: change or cancel that one.',
    )
  }
}

function endOf({ endsAtMs }: SubscriptionRecord): string | null {
  return endsAtMs === null ? null : toInstant(endsAtMs)
}

function toRecord(row: SubscriptionRow): SubscriptionRecord {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    revision: row.revision,
    startsAtMs: row.starts_at.getTime(),
    endsAtMs: row.ends_at?.getTime() ?? null,
    billing: row.billing,
    trialEndsAtMs: row.trial_ends_at?.getTime() ?? null,
    terms: row.terms,
    pauses: row.pauses,
    createdAtMs: row.created_at.getTime(),
  }
}
