import type { Rejection } from '@portitor/contracts'
import { judgeEvent, type MeterIndex, type UsageEvent } from '@portitor/metering'
import { planUsage, type PlannedUsage, type PricingContext } from './plan-usage.ts'
import { type FreshUsage, freshUsage } from './ratable-usage.ts'
import type { RecordedUsage } from './recorded-usage.ts'

export interface RefusedUsage {
  readonly usage: RecordedUsage
  readonly reason: Rejection
}

/**
 * Judges every event alone (M-6) by its meters. The clock is the record's own: when the log took it, so a batch that is
 * handled again tomorrow is judged as it was today.
 */
export function judgeAll(
  recorded: readonly RecordedUsage[],
  meters: MeterIndex,
): { readonly judged: ReadonlyMap<UsageEvent, RecordedUsage>; readonly refused: readonly RefusedUsage[] } {
  const judged = new Map<UsageEvent, RecordedUsage>()
  const refused: RefusedUsage[] = []
  for (const usage of recorded) {
    if (usage.undecodable !== undefined) {
      refused.push({ usage, reason: usage.undecodable })
      continue
    }
    const receivedMs = usage.record.timestampMs
    const judgement = judgeEvent(usage.raw, { meters, nowMs: receivedMs, receivedMs })
    if ('rejected' in judgement) refused.push({ usage, reason: judgement.rejected })
    else judged.set(judgement.accepted, usage)
  }
  return { judged, refused }
}

/** Finds what each of them owes by. Keeps the order they stand in. */
export function planAll(
  judged: ReadonlyMap<UsageEvent, RecordedUsage>,
  context: PricingContext,
): {
  readonly planned: ReadonlyMap<PlannedUsage<FreshUsage>, RecordedUsage>
  readonly refused: readonly RefusedUsage[]
} {
  const planned = new Map<PlannedUsage<FreshUsage>, RecordedUsage>()
  const refused: RefusedUsage[] = []
  for (const [event, usage] of judged) {
    const plan = planUsage(freshUsage(event), context)
    if ('refused' in plan) refused.push({ usage, reason: plan.refused })
    else planned.set(plan.planned, usage)
  }
  return { planned, refused }
}
