import type { Queryable } from '@portitor/postgres'
import { ProblemException } from '@portitor/service'

/** How long a key is remembered. */
const keyAgeHoursMax = 24
/** Old keys taken out per new one: more than come in, so the table stays as small as a day's calls. */
const expiredKeysMax = 10

export interface KeptKey {
  /** Workspace, principal and operation. */
  readonly owner: string
  /** `Idempotency-Key` of the caller. */
  readonly key: string
  /** Of everything that makes it the same call. */
  readonly fingerprint: Buffer
  readonly atMs: number
}

/**
 * The answer that was given to the same call. 422 `idempotency.conflict` where the key was used with another body, 409
 * `idempotency.in_flight` while the first call has not committed.
 */
export async function keptAnswer<Answer>(tx: Queryable, call: KeptKey): Promise<Answer | undefined> {
  // Held until the commit, so that the same call at the same time is told so instead of doing it too.
  const lock = await tx.query<{ free: boolean }>(
    'select pg_try_advisory_xact_lock(hashtext($1), hashtext($2)) as free',
    [`invoicing ${call.owner}`, call.key],
  )
  if (lock.rows[0]?.free !== true)
    throw new ProblemException(
      409,
      'idempotency.in_flight',
      'A call with this Idempotency-Key is still running; try again.',
      {},
      { 'retry-after': '1' },
    )
  const { rows } = await tx.query<{ body_hash: Buffer; answer: Answer }>(
    'select body_hash, answer from invoicing.idempotency_keys where operation = $1 and key = $2 and created_at > $3',
    [call.owner, call.key, oldest(call)],
  )
  const kept = rows[0]
  if (kept !== undefined && !kept.body_hash.equals(call.fingerprint))
    throw new ProblemException(
      422,
      'idempotency.conflict',
      'This Idempotency-Key was used with another body; use a new key for a new call.',
    )
  return kept?.answer
}

export async function keepAnswer(tx: Queryable, call: KeptKey, answer: object): Promise<void> {
  await tx.query(
    `delete from invoicing.idempotency_keys where (operation, key) in (
       select operation, key from invoicing.idempotency_keys where created_at <= $3 and not (operation = $1 and key = $2)
       order by created_at limit $4 for update skip locked
     ) or (operation = $1 and key = $2)`,
    [call.owner, call.key, oldest(call), expiredKeysMax],
  )
  await tx.query(
    'insert into invoicing.idempotency_keys (operation, key, body_hash, answer, created_at) values ($1, $2, $3, $4, $5)',
    [call.owner, call.key, call.fingerprint, JSON.stringify(answer), new Date(call.atMs).toISOString()],
  )
}

function oldest({ atMs }: KeptKey): string {
  return new Date(atMs - keyAgeHoursMax * 3_600_000).toISOString()
}
