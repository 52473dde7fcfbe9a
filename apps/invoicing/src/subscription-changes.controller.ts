import { Controller, HttpCode, Inject, Post } from '@nestjs/common'
import {
  cancelSubscriptionSchema,
  type ChangeSubscription,
  changeSubscriptionSchema,
  type EndSubscription,
  type IdPath,
  idPathSchema,
  type PauseSubscription,
  pauseSubscriptionSchema,
  resumeSubscriptionSchema,
  type SubscriptionState,
  type WithdrawScheduled,
  withdrawSchema,
} from '@portitor/contracts'
import { Caller, JsonBody, OptionalWorkspaceId, Path, ProblemException } from '@portitor/service'
import { decideCancel, decideChange, decidePause, decideResume } from './decide-change.ts'
import { PlansClient } from './plans.client.ts'
import { refusalOf, SubscriptionChanges } from './subscription-changes.ts'
import type { SubscriptionRecord } from './subscription-record.ts'
import { subscriptionState } from './subscription-state.ts'
import { findSubscription } from './subscriptions.store.ts'
import { withdrawScheduled } from './withdraw-scheduled.ts'

/** How often a change is checked and decided again because another one came between. */
const attemptsMax = 3

/** What operators do to a subscription after its start (B-2). */
@Controller('api/v1/subscriptions/:id')
export class SubscriptionChangesController {
  constructor(
    @Inject(PlansClient) readonly plans: PlansClient,
    @Inject(SubscriptionChanges) readonly changes: SubscriptionChanges,
  ) {}

  /** The plan is asked for before the row is locked, so a revision in between starts this over. */
  @Post('change')
  @HttpCode(200)
  async change(
    @Caller() caller: Caller,
    @OptionalWorkspaceId() workspaceId: string | undefined,
    @Path(idPathSchema) { id }: IdPath,
    @JsonBody(changeSubscriptionSchema) body: ChangeSubscription,
  ): Promise<SubscriptionState> {
    for (let attempt = 1; ; attempt += 1) {
      const seen = await findSubscription(this.changes.database, { id, workspaceId })
      await this.#checkTerms(seen, body)
      const call = { caller, id, workspaceId, revision: body.revision ?? seen.revision, action: 'changed' } as const
      try {
        return this.#shown(await this.changes.commit(call, (record, clock) => decideChange(record, body, clock)))
      } catch (error) {
        const overtaken = error instanceof ProblemException && error.code === 'subscription.revision'
        if (!overtaken || body.revision !== undefined || attempt === attemptsMax) throw error
      }
    }
  }

  @Post('pause')
  @HttpCode(200)
  async pause(
    @Caller() caller: Caller,
    @OptionalWorkspaceId() workspaceId: string | undefined,
    @Path(idPathSchema) { id }: IdPath,
    @JsonBody(pauseSubscriptionSchema) body: PauseSubscription,
  ): Promise<SubscriptionState> {
    const call = { caller, id, workspaceId, revision: body.revision, action: 'paused' } as const
    return this.#shown(await this.changes.commit(call, (record, clock) => decidePause(record, body, clock)))
  }

  @Post('resume')
  @HttpCode(200)
  async resume(
    @Caller() caller: Caller,
    @OptionalWorkspaceId() workspaceId: string | undefined,
    @Path(idPathSchema) { id }: IdPath,
    @JsonBody(resumeSubscriptionSchema) body: EndSubscription,
  ): Promise<SubscriptionState> {
    const call = { caller, id, workspaceId, revision: body.revision, action: 'resumed' } as const
    return this.#shown(await this.changes.commit(call, (record, clock) => decideResume(record, body, clock)))
  }

  @Post('cancel')
  @HttpCode(200)
  async cancel(
    @Caller() caller: Caller,
    @OptionalWorkspaceId() workspaceId: string | undefined,
    @Path(idPathSchema) { id }: IdPath,
    @JsonBody(cancelSubscriptionSchema) body: EndSubscription,
  ): Promise<SubscriptionState> {
    const call = { caller, id, workspaceId, revision: body.revision, action: 'cancelled' } as const
    return this.#shown(await this.changes.commit(call, (record, clock) => decideCancel(record, body, clock)))
  }

  @Post('withdraw')
  @HttpCode(200)
  async withdraw(
    @Caller() caller: Caller,
    @OptionalWorkspaceId() workspaceId: string | undefined,
    @Path(idPathSchema) { id }: IdPath,
    @JsonBody(withdrawSchema) body: WithdrawScheduled,
  ): Promise<SubscriptionState> {
    const call = { caller, id, workspaceId, revision: body.revision, action: 'withdrawn' } as const
    return this.#shown(await this.changes.commit(call, (record, clock) => withdrawScheduled(record, body.what, clock)))
  }

  /** Other seats ask no plan: any number of them is billed. */
  async #checkTerms(seen: SubscriptionRecord, body: ChangeSubscription): Promise<void> {
    const { plan, version, add_ons, overrides } = body
    if ([plan, version, add_ons, overrides].every((asked) => asked === undefined)) return
    const decision = decideChange(seen, body, this.changes.clock())
    if ('refused' in decision) throw refusalOf(decision.refused)
    await this.plans.check(decision.record.terms.at(-1)!)
  }

  #shown(record: SubscriptionRecord): SubscriptionState {
    return subscriptionState(record, Date.now(), true)
  }
}
