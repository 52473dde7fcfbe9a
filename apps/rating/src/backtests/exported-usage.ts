import type { ExportedUsage } from '@portitor/contracts'
import { parseQuantity } from '@portitor/money'
import { fromRatedFacts } from '../rated-facts.ts'
import type { RatableUsage } from '../ratable-usage.ts'

const named = [
  'org_id',
  'user_id',
  'agent_id',
  'team',
  'workflow',
  'cost_center',
  'provider',
  'model',
  'region',
  'status',
] as const

/** An event out of analytics as it came to rating, its `request_id` and what was only passed through aside. */
export function fromExported(exported: ExportedUsage): RatableUsage {
  const { workspace_id, source, id, type, time, quantities, values, attributes: said, facts } = exported
  const attributes: Record<string, string> = {}
  for (const name of named) if (exported[name] !== undefined) attributes[name] = exported[name]
  for (const [name, text] of Object.entries(said ?? {}))
    // It named none: another one was found and priced.
    if (text === '') delete attributes[name]
    else attributes[name] = text
  return {
    workspaceId: workspace_id,
    source,
    id,
    type,
    timeMs: Date.parse(time),
    attributes,
    quantities: new Map(Object.entries(quantities).map(([meter, quantity]) => [meter, parseQuantity(quantity)])),
    values: new Map(Object.entries(values ?? {})),
    facts: fromRatedFacts(facts ?? {}),
    agentStatus: undefined,
    latencyMs: undefined,
  }
}
