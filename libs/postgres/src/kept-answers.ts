import type { Queryable } from './database.ts'

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
  readonly at: Date
}

/** What is known of a key: nothing, that a call of it has not committed, that another call used it, or the answer of the same call. */
type Kept<Answer> = 'fresh' | 'in_flight' | 'conflict' | { readonly answer: Answer }

/** The answers that a service has kept under the keys its callers chose, in its table `idempotency_keys` (L-7). */
export class KeptAnswers {
  constructor(readonly schema: 'auth' | 'invoicing') {}

  async find<Answer>(tx: Queryable, call: KeptKey): Promise<Kept<Answer>> {
    // Held until the commit, so that the same call at the same time is told so instead of waiting on a row that is not there yet.
    const lock = await tx.query<{ free: boolean }>(
      'select pg_try_advisory_xact_lock(hashtext($1), hashtext($2)) as free',
      [`${this.schema} ${call.owner}`, call.key],
    )
    if (lock.rows[0]?.free !== true) return 'in_flight'
    const { rows } = await tx.query<{ body_hash: Buffer; answer: Answer }>(
      `select body_hash, answer from ${this.schema}.idempotency_keys where operation = $1 and key = $2 and created_at > $3`,
      [call.owner, call.key, oldest(call)],
    )
    const kept = rows[0]
    if (kept === undefined) return 'fresh'
    return kept.body_hash.equals(call.fingerprint) ? { answer: kept.answer } : 'conflict'
  }

  /** The answer must not hold a secret: it lies here for a day. */
  async keep(tx: Queryable, call: KeptKey, answer: object): Promise<void> {
    await tx.query(
      `delete from ${this.schema}.idempotency_keys where (operation, key) in (
         select operation, key from ${this.schema}.idempotency_keys where created_at <= $3 and not (operation = $1 and key = $2)
         order by created_at limit $4 for update skip locked
       ) or (operation = $1 and key = $2)`,
      [call.owner, call.key, oldest(call), expiredKeysMax],
    )
    await tx.query(
      `insert into ${this.schema}.idempotency_keys (operation, key, body_hash, answer, created_at) values ($1, $2, $3, $4, $5)`,
      [call.owner, call.key, call.fingerprint, JSON.stringify(answer), call.at],
    )
  }
}

function oldest({ at }: KeptKey): Date {
  return new Date(at.getTime() - keyAgeHoursMax * 3_600_000)
}
