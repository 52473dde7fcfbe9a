import type { RatedCharge, RatedUsage } from '@portitor/contracts'
import { formatQuantity } from '@portitor/money'
import type { RatedEvent, RatedUse } from './rate-batch.ts'

const ATTRIBUTES = ['org_id', 'user_id', 'agent_id', 'team', 'workflow', 'cost_center', 'region', 'status'] as const

/** A rated event as it stands in `portitor.usage.rated.v1`. */
export function toRatedUsage(rated: RatedEvent, ratedAt: string): RatedUsage {
  const { event, currency, provider, model } = rated.planned
  const quantities: Record<string, string> = {}
  for (const [meter, quantity] of event.quantities) quantities[meter] = formatQuantity(quantity)
  const usage: RatedUsage = {
    workspace_id: event.workspaceId,
    source: event.source,
    id: event.id,
    type: event.type,
    time: new Date(event.timeMs).toISOString(),
    rated_at: ratedAt,
    quantities,
    currency,
    price_nanos: String(rated.priceNanos),
    cost_nanos: String(rated.costNanos),
    charges: [...rated.price.map(toRatedCharge), ...rated.cost.map(toRatedCharge)],
  }
  for (const name of ATTRIBUTES) {
    const value = event.attributes[name]
    if (value !== undefined) usage[name] = value
  }
  if (event.agentStatus !== undefined) usage.agent_status = event.agentStatus
  if (event.latencyMs !== undefined) usage.latency_ms = event.latencyMs
  if (provider !== undefined) usage.provider = provider
  if (model !== undefined) usage.model = model
  return usage
}

function toRatedCharge(use: RatedUse): RatedCharge {
  return { side: use.side, charge: use.charge, version: use.version, amount_nanos: String(use.amount) }
}
