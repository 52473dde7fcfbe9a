import type { Rejection } from '@portitor/contracts'
import { judgeEvent, type MeterIndex } from '@portitor/metering'
import { type Books, planUsage } from './plan-usage.ts'
import type { PlannedUsage } from './rate-batch.ts'
import type { RecordedUsage } from './recorded-usage.ts'

export interface Judged {
  /** What can be rated, in the order it stands in the log, each with the event it came from. */
  readonly planned: ReadonlyMap<PlannedUsage, RecordedUsage>
  readonly refused: readonly { readonly usage: RecordedUsage; readonly reason: Rejection }[]
}

/**
 * Judges every event alone (M-6): by its meters, then by the books. The clock is the record's own: when the log took it,
 * so a batch that is handled again tomorrow is judged as it was today.
 */
export function judgeAndPlan(
  recorded: readonly RecordedUsage[],
  catalog: { meters: MeterIndex; books: Books },
): Judged {
  const planned = new Map<PlannedUsage, RecordedUsage>()
  const refused: { usage: RecordedUsage; reason: Rejection }[] = []
  for (const usage of recorded) {
    if (usage.undecodable !== undefined) {
      refused.push({ usage, reason: usage.undecodable })
      continue
    }
    const receivedMs = usage.record.timestampMs
    const judged = judgeEvent(usage.raw, { meters: catalog.meters, nowMs: receivedMs, receivedMs })
    if ('rejected' in judged) {
      refused.push({ usage, reason: judged.rejected })
      continue
    }
    const plan = planUsage(judged.accepted, catalog.books)
    if ('refused' in plan) refused.push({ usage, reason: plan.refused })
    else planned.set(plan.planned, usage)
  }
  return { planned, refused }
}
