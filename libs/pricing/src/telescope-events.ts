import type { CompiledAmountRule } from './amount-rule.ts'
import { evaluateEvents, type EventModel } from './evaluate-events.ts'
import type { PricedEvent } from './priced-event.ts'
import type { Refusal } from './refusal.ts'

/** What a segment has come to: its events, and F of them in nano-units. */
export interface EventCounter {
  readonly events: readonly PricedEvent[]
  readonly amount: bigint
}

export const freshEventCounter: EventCounter = { events: [], amount: 0n }

/**
 * Adds an event, or replaces the one of its id (a dispute, a correction), and owes the difference of a re-evaluation:
 * so the amounts of a segment sum to F of its events whatever order they arrived in. A dispute in time is a claw-back: the
 * difference is the negative of what the outcome owed.
 */
export function telescopeEvents(
  model: EventModel,
  rule: CompiledAmountRule,
  counter: EventCounter,
  event: PricedEvent,
): { readonly counter: EventCounter; readonly amount: bigint } | { readonly refused: Refusal } {
  const events = [...counter.events.filter(({ id }) => id !== event.id), event]
  const evaluated = evaluateEvents(model, rule, events)
  if ('refused' in evaluated) return { refused: evaluated.refused }
  return { counter: { events, amount: evaluated.total }, amount: evaluated.total - counter.amount }
}
