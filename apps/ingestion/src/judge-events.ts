import type { Rejection } from '@portitor/contracts'
import { isObject, judgeEvent, type JudgeContext, type UsageEvent } from '@portitor/metering'
import type { ReceivedEvent } from './decode-events.ts'

/** What is known of one event of a request before its duplicates are settled. */
export type JudgedEvent =
  | { readonly id: string | null; readonly rejected: Rejection }
  | { readonly id: string; readonly event: UsageEvent; readonly key: string; readonly hash: string }

/** Judges each event of a request by itself (M-6). */
export function judgeEvents(received: readonly ReceivedEvent[], context: JudgeContext): JudgedEvent[] {
  return received.map(({ raw, rejected, nameOf }) => {
    if (rejected !== undefined) return { id: idOf(raw), rejected }
    const judged = judgeEvent(raw, context)
    if ('accepted' in judged) {
      const event = judged.accepted
      return { id: event.id, event, key: keyOf(event), hash: event.payloadHash.toString('latin1') }
    }
    const { code, field, detail } = judged.rejected
    const named = field === undefined ? {} : { field: nameOf === undefined ? field : nameOf(field) }
    return { id: idOf(raw), rejected: { code, ...named, detail } }
  })
}

/** What an event is known by (M-5). None of the three parts can hold a line break. */
function keyOf({ workspaceId, source, id }: UsageEvent): string {
  return `${workspaceId}\n${source}\n${id}`
}

function idOf(raw: unknown): string | null {
  const id = isObject(raw) ? raw['id'] : undefined
  return typeof id === 'string' ? id.slice(0, 256).toWellFormed() : null
}
