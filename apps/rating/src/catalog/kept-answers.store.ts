import { createHash } from 'node:crypto'
import type { Queryable } from '@portitor/postgres'
import { ProblemException } from '@portitor/service'

/** Old keys taken out per new one: more than come in, so the table stays as small as the calls of `ageHoursMax`. */
const expiredKeysMax = 10
/** The longest that any key is remembered. */
const ageHoursMax = 30 * 24

/** A call that its sender may send again. */
export interface RepeatableCall {
  /** Whose key it is and for what: nobody finds the answers of another principal under a key they guess. */
  readonly operation: string
  /** Undefined: each call is a new one. */
  readonly key: string | undefined
  readonly body: object
  readonly keptHours: number
  readonly at: Date
}

/**
 * Does `work` once for a key, and answers a repeat as the first was answered. 422 where the key comes with another body. The
 * caller holds the lock of `lockCatalog`, so two calls of one key follow one another. An answer must hold no secret.
 */
export async function once<Answer extends object>(
  tx: Queryable,
  { operation, key, body, keptHours, at }: RepeatableCall,
  work: () => Promise<Answer>,
): Promise<{ readonly answer: Answer; readonly repeated: boolean }> {
  if (key === undefined) return { answer: await work(), repeated: false }
  const sha256 = createHash('sha256').update(JSON.stringify(body)).digest('hex')
  const { rows } = await tx.query<{ body_sha256: string; answer: Answer }>(
    'select body_sha256, answer from rating.kept_answers where operation = $1 and key = $2 and created_at > $3',
    [operation, key, hoursBefore(at, keptHours)],
  )
  const kept = rows[0]
  if (kept !== undefined && kept.body_sha256 !== sha256)
    throw new ProblemException(
      422,
      'idempotency.conflict',
      'This key was used with another body; use a new key for a new call.',
    )
  if (kept !== undefined) return { answer: kept.answer, repeated: true }
  const answer = await work()
  await tx.query(
    `delete from rating.kept_answers where (operation, key) in (
       select operation, key from rating.kept_answers where created_at <= $3 order by created_at limit $4
     ) or (operation = $1 and key = $2)`,
    [operation, key, hoursBefore(at, ageHoursMax), expiredKeysMax],
  )
  await tx.query(
    'insert into rating.kept_answers (operation, key, body_sha256, answer, created_at) values ($1, $2, $3, $4, $5)',
    [operation, key, sha256, JSON.stringify(answer), at],
  )
  return { answer, repeated: false }
}

function hoursBefore(at: Date, hours: number): Date {
  return new Date(at.getTime() - hours * 3_600_000)
}
