import { Inject, Injectable } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import { Database, type Queryable } from '@portitor/postgres'
import { type Caller, ProblemException } from '@portitor/service'
import { v7 as uuidv7 } from 'uuid'
import { type Action, announceSubscription, type SubscriptionChange } from './announce-subscription.ts'
import { changedFrom } from './changed-from.ts'
import type { Decision } from './decide-change.ts'
import type { Clock, Refusal } from './effective-time.ts'
import { type SubscriptionRecord, toInstant, toSubscription } from './subscription-record.ts'
import { findSubscription, insertSubscription, updateSubscription } from './subscriptions.store.ts'

export const LEAD_MS = Symbol('ms until a change may take effect')

/** As many as a timeline may have (`subscriptionSchema`). */
const turnsMax = 512

export interface ChangeCall {
  readonly caller: Caller
  readonly id: string
  /** Undefined: of any workspace. */
  readonly workspaceId: string | undefined
  /** The revision that it is about; undefined: whichever is the newest. */
  readonly revision: number | undefined
  readonly action: Action
}

/** What every change of a subscription has in common: the row under lock, the decision, row and messages in one commit. */
@Injectable()
export class SubscriptionChanges {
  constructor(
    @Inject(Database) readonly database: Database,
    @Inject(Bus) readonly bus: Bus,
    @Inject(LEAD_MS) readonly leadMs: number,
  ) {}

  clock(): Clock {
    return { nowMs: Date.now(), leadMs: this.leadMs }
  }

  /** 409 `subscription.revision` where somebody else was faster. Where nothing changes there is no revision and no message. */
  async commit(
    call: ChangeCall,
    decide: (record: SubscriptionRecord, clock: Clock) => Decision,
  ): Promise<SubscriptionRecord> {
    const { caller, id, workspaceId, revision, action } = call
    const result = await this.database.transaction(async (tx) => {
      const before = await findSubscription(tx, { id, workspaceId, lock: true })
      if (revision !== undefined && revision !== before.revision) throw outdated(before.revision)
      const clock = this.clock()
      const decision = decide(before, clock)
      if ('refused' in decision) throw refusalOf(decision.refused)
      if (decision.record === before) return before
      const after = { ...decision.record, revision: before.revision + 1 }
      if (after.terms.length + 2 * after.pauses.length >= turnsMax) throw tooMany
      // What has no effect is written down all the same; nobody has anything to rate again.
      const from = changedFrom(toSubscription(before), toSubscription(after)) ?? toInstant(clock.nowMs)
      await updateSubscription(tx, after)
      await this.#tell(tx, caller, { action, before, after, changedFrom: from, atMs: clock.nowMs })
      return after
    })
    this.bus.committed()
    return result
  }

  /** Inside of the caller's transaction, as its last statements; the caller then says `bus.committed()`. */
  async start(tx: Queryable, caller: Caller, after: SubscriptionRecord): Promise<void> {
    await insertSubscription(tx, after)
    const change = {
      action: 'created',
      after,
      changedFrom: toInstant(after.startsAtMs),
      atMs: after.createdAtMs,
    } as const
    await this.#tell(tx, caller, change)
  }

  async #tell(tx: Queryable, caller: Caller, change: SubscriptionChange): Promise<void> {
    await this.bus.publish(tx, announceSubscription(uuidv7(), caller, change))
  }
}

export function refusalOf({ status = 409, code, detail, field }: Refusal): ProblemException {
  const members = field === undefined ? {} : { errors: [{ in: 'body', field, expected: detail }] }
  return new ProblemException(status, code, detail, members)
}

function outdated(revision: number): ProblemException {
  return new ProblemException(
    409,
    'subscription.revision',
    `The subscription is at revision ${revision}: look at it and try again.`,
  )
}

const tooMany = new ProblemException(
  409,
  'subscription.too_many_changes',
  'The subscription has had as many changes as one can have: end it and start another.',
)
