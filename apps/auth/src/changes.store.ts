import { createHash } from 'node:crypto'
import { Inject, Injectable } from '@nestjs/common'
import { Bus, type OutgoingMessage } from '@portitor/bus'
import type { Queryable } from '@portitor/postgres'
import { ProblemException } from '@portitor/service'
import { DataSource, type EntityManager } from 'typeorm'

/** How long a key is remembered. */
const keyAgeHoursMax = 24
/** Old keys taken out per new one: more than come in, so the table stays as small as a day's calls. */
const expiredKeysMax = 10

export interface Change<Answer> {
  readonly answer: Answer
  readonly messages: readonly OutgoingMessage[]
}

export interface Call {
  readonly operation: string
  /** `Idempotency-Key` of the caller; without one every call is a new one. */
  readonly key: string | undefined
  readonly body: object
  readonly at: Date
}

/** Rows, the answer kept under its key, and the messages about it, in one commit: all of them or none. */
@Injectable()
export class ChangesStore {
  constructor(
    @Inject(DataSource) readonly source: DataSource,
    @Inject(Bus) readonly bus: Bus,
  ) {}

  /**
   * Runs `work` once per key. The same key and body again: the first answer, without running it. Another body: 422
   * `idempotency.conflict`. The first call still running: 409 `idempotency.in_flight`.
   */
  async commit<Answer extends object>(
    call: Call,
    work: (rows: EntityManager) => Promise<Change<Answer>>,
  ): Promise<{ answer: Answer; replayed: boolean }> {
    const result = await this.source.transaction(async (rows) => {
      // The connection of the transaction itself: what it writes and what it publishes are one commit.
      const tx = (await rows.queryRunner?.connect()) as Queryable
      const kept = await keptAnswer<Answer>(tx, call)
      if (kept !== undefined) return { answer: kept, replayed: true }
      const { answer, messages } = await work(rows)
      await keepAnswer(tx, call, answer)
      await this.bus.publish(tx, messages)
      return { answer, replayed: false }
    })
    if (!result.replayed) this.bus.committed()
    return result
  }
}

async function keptAnswer<Answer>(tx: Queryable, call: Call): Promise<Answer | undefined> {
  if (call.key === undefined) return undefined
  // Held until the commit, so that the same call at the same time is told so instead of waiting on a row that is not there yet.
  const lock = await tx.query<{ free: boolean }>(
    'select pg_try_advisory_xact_lock(hashtext($1), hashtext($2)) as free',
    [`auth ${call.operation}`, call.key],
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
    'select body_hash, answer from auth.idempotency_keys where operation = $1 and key = $2 and created_at > $3',
    [call.operation, call.key, oldest(call)],
  )
  const kept = rows[0]
  if (kept !== undefined && !kept.body_hash.equals(hashOf(call)))
    throw new ProblemException(
      422,
      'idempotency.conflict',
      'This Idempotency-Key was used with another body; use a new key for a new call.',
    )
  return kept?.answer
}

async function keepAnswer(tx: Queryable, call: Call, answer: object): Promise<void> {
  if (call.key === undefined) return
  await tx.query(
    `delete from auth.idempotency_keys where (operation, key) in (
       select operation, key from auth.idempotency_keys where created_at <= $3 and not (operation = $1 and key = $2)
       order by created_at limit $4 for update skip locked
     ) or (operation = $1 and key = $2)`,
    [call.operation, call.key, oldest(call), expiredKeysMax],
  )
  await tx.query(
    'insert into auth.idempotency_keys (operation, key, body_hash, answer, created_at) values ($1, $2, $3, $4, $5)',
    [call.operation, call.key, hashOf(call), JSON.stringify(answer), call.at],
  )
}

function oldest({ at }: Call): Date {
  return new Date(at.getTime() - keyAgeHoursMax * 3_600_000)
}

/** Of the checked body: spaces and unknown order of fields do not make it another call. */
function hashOf({ body }: Call): Buffer {
  return createHash('sha256').update(JSON.stringify(body)).digest()
}
