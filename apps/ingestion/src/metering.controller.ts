import { Controller, HttpCode, Inject, Post } from '@nestjs/common'
import type { RecordAnswer } from '@portitor/contracts'
import { encodeEvent, type UsageEvent } from '@portitor/metering'
import { Caller, OptionalWorkspaceId, RawRequest } from '@portitor/service'
import { v7 as newId } from 'uuid'
import { answerRequest } from './answer-request.ts'
import { attributeToAgent } from './attribute-to-agent.ts'
import { decodeEvents } from './decode-events.ts'
import { GroupAppend } from './group-append.ts'
import { IdentityClient } from './identity.client.ts'
import { type JudgedEvent, judgeEvents } from './judge-events.ts'
import { refuseForeign, refuseUnknown, workspacesOf } from './judge-workspaces.ts'
import { MetersCache } from './meters.cache.ts'
import type { EncodedEvent } from './pack-records.ts'
import { logProblem, refused, unavailable } from './problems.ts'
import { RecentEvents } from './recent-events.ts'
import { settleDuplicates, suspects } from './settle-duplicates.ts'
import { TakenIds } from './taken-ids.client.ts'

/** Usage events over HTTP into the log: decode, judge, settle repeats, append, answer (M-1, M-5, M-6, M-10, M-11). */
@Controller('/api/v1/metering')
export class MeteringController {
  constructor(
    @Inject(MetersCache) private readonly meters: MetersCache,
    @Inject(RecentEvents) private readonly recent: RecentEvents,
    @Inject(TakenIds) private readonly takenIds: TakenIds,
    @Inject(GroupAppend) private readonly log: GroupAppend,
    @Inject(IdentityClient) private readonly identity: IdentityClient,
  ) {}

  @Post('events')
  @HttpCode(202)
  async record(
    @RawRequest() request: RawRequest,
    @OptionalWorkspaceId() workspaceId: string | undefined,
    @Caller() { principal }: Caller,
  ): Promise<RecordAnswer> {
    const meters = this.meters.index
    if (meters === undefined)
      throw unavailable('meters.loading', 'The meters are not known yet. Send these events again in a moment.')
    const receivedMs = Date.now()
    const decoded = decodeEvents(request, meters, newId)
    if ('refused' in decoded) throw refused(decoded.status, decoded.refused)
    const events = principal.agent === null ? decoded.events : attributeToAgent(decoded.events, principal.agent.id)

    const found = judgeEvents(events, { meters, nowMs: receivedMs, receivedMs, workspaceId })
    const judged = principal.operator ? await this.refuseUnknown(found) : refuseForeign(found)
    const taken = await this.takenIds.among(suspects(judged, this.recent.hashOf))
    const verdicts = settleDuplicates(judged, this.recent.hashOf, taken)
    const { answer, refusal } = answerRequest(verdicts)
    if (refusal !== undefined) throw refused(refusal.status, refusal, { index: refusal.index, ...answer })

    const fresh = verdicts.flatMap(({ append }) => append ?? [])
    const receivedAt = new Date(receivedMs).toISOString()
    await this.append(fresh.map(({ event }) => this.toEncoded(event, receivedAt)))
    for (const { key, hash } of fresh) this.recent.remember(key, hash)
    return answer
  }

  /** The guard knows that a tenant's workspace exists; an operator may name any. */
  private async refuseUnknown(judged: readonly JudgedEvent[]): Promise<readonly JudgedEvent[]> {
    return refuseUnknown(judged, await this.identity.unknownAmong(workspacesOf(judged)))
  }

  /** What a suspended agent, or one under it, used happened all the same: it is recorded, and flagged (I-6). */
  private toEncoded(event: UsageEvent, receivedAt: string): EncodedEvent {
    const agentStatus = this.identity.agentStatus(event.workspaceId, event.attributes.agent_id)
    const text = encodeEvent(event, receivedAt, agentStatus)
    return { workspaceId: event.workspaceId, text, bytes: Buffer.byteLength(text) }
  }

  private async append(events: readonly EncodedEvent[]): Promise<void> {
    try {
      await this.log.append(events)
    } catch (error) {
      throw logProblem(error)
    }
  }
}
