import type { Rejection } from '@portitor/contracts'
import type { CompiledPlan } from '@portitor/pricing'
import { choosePlans, compilePhase, type PhasePlans, type PublishedPlans } from '../subscriptions/phase-plans.ts'
import type { BilledPart } from './period-bill.ts'
import type { PeriodPart } from './period-parts.ts'

/**
 * What each part of a period is billed by. A plan that is followed is that which was in force when the part began: a newer
 * version changes fees, minimums and the commitment from the next period or phase on.
 */
export function billedParts(
  parts: readonly PeriodPart[],
  plans: PublishedPlans,
): { readonly parts: readonly BilledPart[] } | { readonly refused: Rejection } {
  const made = new Map<string, readonly [CompiledPlan, ...CompiledPlan[]]>()
  const billed: BilledPart[] = []
  for (const part of parts) {
    const found = choosePlans(part.phase, part.startMs, { plans })
    if ('refused' in found) return found
    const key = keyOf(found.chosen, part)
    let compiled = made.get(key)
    if (compiled === undefined) {
      const phase = compilePhase(found.chosen, part.phase)
      if ('refused' in phase) return phase
      made.set(key, (compiled = phase.compiled))
    }
    billed.push({ ...part, plans: compiled })
  }
  return { parts: billed }
}

/** Phases that differ in seats only share their plans. */
function keyOf(chosen: PhasePlans, { phase }: PeriodPart): string {
  return JSON.stringify([chosen.map(({ plan, version }) => [plan, version]), phase.overrides])
}
