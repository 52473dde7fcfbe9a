import type { RatedUsage } from '@portitor/contracts'
import { parseQuantity } from '@portitor/money'
import { namedAttributes } from './event-text.ts'
import { fromRatedFacts } from './rated-facts.ts'
import type { RatableUsage } from './ratable-usage.ts'

/** An event as `event-text.ts` writes it: in the rated log, out of analytics, or with its explanation. */
export type WrittenEvent = Pick<
  RatedUsage,
  | 'workspace_id'
  | 'source'
  | 'id'
  | 'type'
  | 'time'
  | (typeof namedAttributes)[number]
  | 'provider'
  | 'model'
  | 'quantities'
  | 'values'
  | 'attributes'
  | 'facts'
> &
  Partial<Pick<RatedUsage, 'agent_status' | 'latency_ms'>>

const fields = [...namedAttributes, 'provider', 'model'] as const

/** The event as it came to rating, but for its `request_id` and what was only passed through. */
export function readEvent(written: WrittenEvent): RatableUsage {
  const { quantities, values, attributes: said, facts } = written
  const attributes: Record<string, string> = {}
  for (const name of fields) if (written[name] !== undefined) attributes[name] = written[name]
  for (const [name, text] of Object.entries(said ?? {}))
    // It named none: another one was found and priced.
    if (text === '') delete attributes[name]
    else attributes[name] = text
  return {
    workspaceId: written.workspace_id,
    source: written.source,
    id: written.id,
    type: written.type,
    timeMs: Date.parse(written.time),
    attributes,
    quantities: new Map(Object.entries(quantities).map(([meter, quantity]) => [meter, parseQuantity(quantity)])),
    values: new Map(Object.entries(values ?? {})),
    facts: fromRatedFacts(facts ?? {}),
    agentStatus: written.agent_status,
    latencyMs: written.latency_ms,
  }
}
