import type { CompiledPlan } from './compile-plan.ts'
import type { EvaluableModel } from './evaluate.ts'
import { chargesFor } from './match-charge.ts'
import type { PricedEvent } from './priced-event.ts'
import type { Refusal } from './refusal.ts'
import type { Usage } from './usage.ts'

/** One event of a period: what it used, and what prices by event look at. */
export interface PlanEvent extends PricedEvent {
  readonly usage: Usage
}

/** How many agents had at least one event in the period. */
export function activeAgents(events: readonly PlanEvent[]): number {
  return distinct(events, 'agent_id')
}

/** The usage of a period as a plan's charges see it. */
export interface GatheredUsage {
  /** By charge, then by group and cell: the total and its F. */
  readonly totals: ReadonlyMap<string, Map<string, { readonly model: EvaluableModel; readonly quantity: bigint }>>
  readonly byEvent: ReadonlyMap<string, readonly PlanEvent[]>
  readonly agents: number
}

/** Finds the charges of every event and sums the totals of each segment. Refuses what nobody prices. */
export function gatherUsage(
  { book }: CompiledPlan,
  events: readonly PlanEvent[],
): GatheredUsage | { event: string; refused: Refusal } {
  const totals = new Map(
    book.charges.map(({ id }) => [id, new Map<string, { model: EvaluableModel; quantity: bigint }>()]),
  )
  const byEvent = new Map<string, PlanEvent[]>(book.charges.map(({ id }) => [id, []]))
  for (const event of events) {
    const charged = chargesFor(book, event.usage)
    if ('refused' in charged) return { event: event.id, refused: charged.refused }
    const { provider, model } = event.usage
    for (const { charge, quantity } of charged.byEvent ?? [])
      byEvent.get(charge)!.push({ provider, model, quantity, ...event })
    for (const { charge, group, cells } of charged.uses)
      for (const { cell, model, quantity } of cells) {
        const segments = totals.get(charge)!
        const key = JSON.stringify([group, cell])
        segments.set(key, { model, quantity: (segments.get(key)?.quantity ?? 0n) + quantity })
      }
  }
  return { totals, byEvent, agents: activeAgents(events) }
}

/** How many different values an attribute has. */
export function distinct(events: readonly PlanEvent[], attribute: string): number {
  return new Set(
    events.map(({ usage }) => usage.attributes[attribute]).filter((name) => name !== undefined && name !== ''),
  ).size
}
