import { Inject, Injectable } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import type { IdentityChanged } from '@portitor/contracts'
import { KeptAnswers, type KeptKey, type Queryable } from '@portitor/postgres'
import { answerKept, fingerprint, keyOwner, readIdempotencyKey } from '@portitor/service'
import { DataSource, type EntityManager } from 'typeorm'
import { v7 as uuidv7 } from 'uuid'
import { actAsService, actAsTenant, connectionOf } from './act-as.ts'
import { appendAudit } from '../audit/audit.store.ts'
import { auditEntry } from '../audit/audit-entry.ts'
import type { Call } from './call.decorator.ts'
import { identityMessage } from './identity-changed.ts'
import { RefusedGrant } from './refused-grant.ts'

const keptAnswers = new KeptAnswers('auth')

/** What a call is about to do. */
export interface Undertaking {
  /** Its rows are read and written as this tenant; undefined: as the service, for what is about the whole system. */
  readonly workspaceId: string | undefined
  /** As the audit log names it: `api_key.created`. */
  readonly action: string
  /** What it is done to, where that is known before. */
  readonly target?: string
  /** The checked body of a call that creates something: the call then understands `Idempotency-Key`. */
  readonly creates?: object
}

export interface Change<Answer> {
  readonly answer: Answer
  /** Laid over the answer this once: neither kept, nor audited, nor published. */
  readonly secret?: Partial<Answer>
  readonly target: string
  /** The public form before and after; absent where there is none. */
  readonly before?: object
  readonly after?: object
  /** Whose log tells of it, where that is not the workspace of the call. */
  readonly workspaceId?: string
  readonly changed: readonly IdentityChanged[]
}

/** The call found things as it wants them: nothing to keep, tell or record. */
export interface Unchanged<Answer> {
  readonly answer: Answer
  readonly unchanged: true
}

/** Rows, the answer kept under its key, the audit entry and the messages, in one commit: all of them or none. */
@Injectable()
export class ChangesStore {
  constructor(
    @Inject(DataSource) readonly source: DataSource,
    @Inject(Bus) readonly bus: Bus,
  ) {}

  /** Reads as the tenant (I-4), or without a workspace as the service. */
  async read<Result>(workspaceId: string | undefined, work: (rows: EntityManager) => Promise<Result>): Promise<Result> {
    return this.source.transaction(async (rows) => {
      if (workspaceId !== undefined) await actAsTenant(await connectionOf(rows), workspaceId)
      return work(rows)
    })
  }

  /**
   * Runs `work` once per key. The same key and body again: the first answer, without running it. Another body: 422
   * `idempotency.conflict`. The first call still running: 409 `idempotency.in_flight`.
   */
  async commit<Answer extends object>(
    call: Call,
    undertaking: Undertaking,
    work: (rows: EntityManager) => Promise<Change<Answer> | Unchanged<Answer>>,
  ): Promise<{ answer: Answer; replayed: boolean }> {
    const key = keyOf(call, undertaking)
    try {
      const result = await this.source.transaction(async (rows) => {
        const tx = await connectionOf(rows)
        const kept = key === undefined ? undefined : answerKept(await keptAnswers.find<Answer>(tx, key))
        if (kept !== undefined) return { answer: kept, replayed: true }
        if (undertaking.workspaceId !== undefined) await actAsTenant(tx, undertaking.workspaceId)
        const change = await work(rows)
        await actAsService(tx)
        if (key !== undefined) await keptAnswers.keep(tx, key, change.answer)
        if ('unchanged' in change) return { answer: change.answer, replayed: false }
        await this.#tell(tx, call, undertaking, change)
        return { answer: { ...change.answer, ...change.secret }, replayed: false }
      })
      if (!result.replayed) this.bus.committed()
      return result
    } catch (error) {
      if (error instanceof RefusedGrant) await this.#recordRefusal(call, undertaking, error.code)
      throw error
    }
  }

  async #tell(tx: Queryable, call: Call, undertaking: Undertaking, change: Change<object>): Promise<void> {
    const { target, before, after } = change
    const workspaceId = change.workspaceId ?? undertaking.workspaceId
    const entry = { workspaceId, action: undertaking.action, target, before, after }
    await appendAudit(tx, [auditEntry(uuidv7(), call.at, call.caller, entry)])
    await this.bus.publish(tx, change.changed.map(identityMessage))
  }

  /** The transaction of the attempt is gone, so the attempt itself gets one of its own. */
  async #recordRefusal(call: Call, { workspaceId, action, target }: Undertaking, code: string): Promise<void> {
    const entry = { workspaceId, action, target, refusedWith: code }
    await this.source.transaction(async (rows) =>
      appendAudit(await connectionOf(rows), [auditEntry(uuidv7(), call.at, call.caller, entry)]),
    )
  }
}

function keyOf(call: Call, { workspaceId, creates }: Undertaking): KeptKey | undefined {
  if (creates === undefined) return undefined
  const key = readIdempotencyKey(call.idempotencyKey)
  if (key === undefined) return undefined
  const owner = keyOwner(call.caller, workspaceId, call.route)
  return { owner, key, fingerprint: fingerprint({ owner, path: call.path, body: creates }), at: call.at }
}
