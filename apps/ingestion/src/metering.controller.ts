import { Controller, HttpCode, Inject, Post } from '@nestjs/common'
import type { RecordAnswer } from '@portitor/contracts'
import { encodeEvent, type UsageEvent } from '@portitor/metering'
import { OptionalWorkspaceId, RawRequest } from '@portitor/service'
import { v7 as newId } from 'uuid'
import { answerRequest } from './answer-request.ts'
import { decodeEvents } from './decode-events.ts'
import { GroupAppend } from './group-append.ts'
import { judgeEvents } from './judge-events.ts'
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
  ) {}

  @Post('events')
  @HttpCode(202)
  async record(
    @RawRequest() request: RawRequest,
    @OptionalWorkspaceId() workspaceId: string | undefined,
  ): Promise<RecordAnswer> {
    const meters = this.meters.index
    if (meters === undefined)
      throw unavailable('meters.loading', 'The meters are not known yet. Send these events again in a moment.')
    const receivedMs = Date.now()
    const decoded = decodeEvents(request, meters, newId)
    if ('refused' in decoded) throw refused(decoded.status, decoded.refused)

    const judged = judgeEvents(decoded.events, { meters, nowMs: receivedMs, receivedMs, workspaceId })
    const taken = await this.takenIds.among(suspects(judged, this.recent.hashOf))
    const verdicts = settleDuplicates(judged, this.recent.hashOf, taken)
    const { answer, refusal } = answerRequest(verdicts)
    if (refusal !== undefined) throw refused(refusal.status, refusal, { index: refusal.index, ...answer })

    const fresh = verdicts.flatMap(({ append }) => append ?? [])
    const receivedAt = new Date(receivedMs).toISOString()
    await this.append(fresh.map(({ event }) => toEncoded(event, receivedAt)))
    for (const { key, hash } of fresh) this.recent.remember(key, hash)
    return answer
  }

  private async append(events: readonly EncodedEvent[]): Promise<void> {
    try {
      await this.log.append(events)
    } catch (error) {
      throw logProblem(error)
    }
  }
}

function toEncoded(event: UsageEvent, receivedAt: string): EncodedEvent {
  const text = encodeEvent(event, receivedAt)
  return { workspaceId: event.workspaceId, text, bytes: Buffer.byteLength(text) }
}
