import { Controller, Get, Inject, Post, Res } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import {
  type CreateSubscription,
  createSubscriptionSchema,
  type IdPath,
  idPathSchema,
  listSubscriptionsQuerySchema,
  type PageQuery,
  type SubscriptionState,
} from '@portitor/contracts'
import { Database, KeptAnswers, type Queryable } from '@portitor/postgres'
import { isTimeZone } from '@portitor/subscriptions'
import {
  answerKept,
  Caller,
  JsonBody,
  OptionalWorkspaceId,
  Path,
  ProblemException,
  Query,
  RawRequest,
  WorkspaceId,
} from '@portitor/service'
import { v7 as uuidv7 } from 'uuid'
import { keptKeyOf } from './kept-key.ts'
import { fromCursor, toPage } from './page-cursor.ts'
import { PlansClient } from './plans.client.ts'
import { startSubscription } from './start-subscription.ts'
import { refusalOf, SubscriptionChanges } from './subscription-changes.ts'
import { subscriptionState } from './subscription-state.ts'
import { findSubscription, listSubscriptions } from './subscriptions.store.ts'

const keptAnswers = new KeptAnswers('invoicing')

interface Reply {
  header(name: string, value: string): unknown
}

/** Subscriptions as their customers see their own and operators see all; operators start them (B-2). */
@Controller('api/v1/subscriptions')
export class SubscriptionsController {
  constructor(
    @Inject(Database) readonly database: Database,
    @Inject(Bus) readonly bus: Bus,
    @Inject(PlansClient) readonly plans: PlansClient,
    @Inject(SubscriptionChanges) readonly changes: SubscriptionChanges,
  ) {}

  @Post()
  async create(
    @Caller() caller: Caller,
    @WorkspaceId() workspaceId: string,
    @RawRequest() request: RawRequest,
    @JsonBody(createSubscriptionSchema) body: CreateSubscription,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<SubscriptionState> {
    const key = keptKeyOf(caller, workspaceId, request, body)
    const kept =
      key && answerKept(await this.database.transaction((tx) => keptAnswers.find<SubscriptionState>(tx, key)))
    if (kept !== undefined) {
      void reply.header('idempotency-replayed', 'true')
      return kept
    }
    if (!isTimeZone(body.billing.time_zone)) throw notATimeZone
    // Both ask other services, so nothing is locked meanwhile.
    await this.plans.checkWorkspace(workspaceId)
    const planTrialDays = await this.plans.check(body)
    const answer = await this.database.transaction(async (tx) => {
      // Undefined unless the same call was here at the same time: it has committed by now, and its answer holds.
      const same = key && answerKept(await keptAnswers.find<SubscriptionState>(tx, key))
      if (same !== undefined) return same
      const clock = this.changes.clock()
      const started = startSubscription({ id: uuidv7(), workspaceId }, body, planTrialDays, clock)
      if ('refused' in started) throw refusalOf(started.refused)
      const state = subscriptionState(started.record, clock.nowMs, true)
      if (key !== undefined) await keptAnswers.keep(tx, key, state)
      await this.changes.start(tx, caller, started.record)
      return state
    })
    this.bus.committed()
    return answer
  }

  @Get()
  async list(
    @Caller() { principal }: Caller,
    @OptionalWorkspaceId() workspaceId: string | undefined,
    @Query(listSubscriptionsQuerySchema) { cursor, limit }: PageQuery,
  ) {
    const before = fromCursor(cursor)
    const records = await this.#readAs(workspaceId, (db) =>
      listSubscriptions(db, { workspaceId, before, limit: limit + 1 }),
    )
    const nowMs = Date.now()
    return toPage(records, limit, (record) => subscriptionState(record, nowMs, principal.operator))
  }

  @Get(':id')
  async read(
    @Caller() { principal }: Caller,
    @OptionalWorkspaceId() workspaceId: string | undefined,
    @Path(idPathSchema) { id }: IdPath,
  ): Promise<SubscriptionState> {
    const record = await this.#readAs(workspaceId, (db) => findSubscription(db, { id, workspaceId }))
    return subscriptionState(record, Date.now(), principal.operator)
  }

  /** Within a workspace as its tenant, so that the database itself hides all others (I-4). */
  async #readAs<Result>(workspaceId: string | undefined, read: (db: Queryable) => Promise<Result>): Promise<Result> {
    return workspaceId === undefined ? read(this.database) : this.database.asTenant(workspaceId, read)
  }
}

const notATimeZone = new ProblemException(
  400,
  'request.invalid',
  'billing.time_zone: a time zone by its IANA name, such as Europe/Vienna',
  { errors: [{ in: 'body', field: 'billing.time_zone', expected: 'an IANA name such as Europe/Vienna' }] },
)
