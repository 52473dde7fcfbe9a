import { roundHalfEven } from '@portitor/money'
import type { PricedEvent } from '@portitor/pricing'
import type { Period } from '@portitor/subscriptions'
import { keyOfEvent } from './charge-counters.ts'
import type { RatableUsage } from './ratable-usage.ts'

/** An event as prices by event look at it. `quantity`: how much of the charge's meters it has. */
export function pricedEvent(
  event: RatableUsage,
  quantity: bigint,
  { period, costNanos }: { readonly period: Period; readonly costNanos: bigint },
): PricedEvent {
  const { timeMs, attributes, facts } = event
  const left = BigInt(period.endMs - timeMs)
  return {
    id: keyOfEvent(event),
    timeMs,
    provider: attributes.provider,
    model: attributes.model,
    value: facts.value,
    cost: costNanos < 0n ? 0n : costNanos,
    quantity,
    prorated: roundHalfEven(quantity * left, BigInt(period.endMs - period.startMs)),
    qualified: facts.qualified,
    quality: facts.quality,
    disputedAtMs: facts.disputedAtMs,
  }
}
