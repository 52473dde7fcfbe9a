import type { BookSide } from '@portitor/contracts'
import type { UsageEvent } from '@portitor/metering'
import { formatQuantity } from '@portitor/money'
import { quoted } from './quoted.ts'
import type { RatedEvent, RatedUse } from './rate-batch.ts'

const ATTRIBUTES = ['org_id', 'user_id', 'agent_id', 'team', 'workflow', 'cost_center', 'region', 'status'] as const

/**
 * A rated event as it stands in `portitor.usage.rated.v1`, as JSON text. Written by hand: an object for `JSON.stringify`
 * would be made for this alone, and nearly all of its texts are names that stand in the events before it.
 */
export function ratedUsageText(rated: RatedEvent, ratedAt: string): string {
  const { event, currency, provider, model } = rated.planned
  let text =
    `{"workspace_id":"${event.workspaceId}","source":${quoted(event.source)},"id":${JSON.stringify(event.id)},` +
    `"type":${quoted(event.type)},"time":"${timeText(event)}","rated_at":"${ratedAt}"`
  for (const name of ATTRIBUTES) {
    const value = event.attributes[name]
    if (value !== undefined) text += `,"${name}":${quoted(value)}`
  }
  if (event.agentStatus !== undefined) text += `,"agent_status":"${event.agentStatus}"`
  if (event.latencyMs !== undefined) text += `,"latency_ms":${event.latencyMs}`
  if (provider !== undefined) text += `,"provider":${quoted(provider)}`
  if (model !== undefined) text += `,"model":${quoted(model)}`
  let quantities = ''
  for (const [meter, quantity] of event.quantities) quantities += `,${quoted(meter)}:"${formatQuantity(quantity)}"`
  const values = event.values.size === 0 ? '' : `,"values":${JSON.stringify(Object.fromEntries(event.values))}`
  return (
    `${text},"quantities":{${quantities.slice(1)}}${values},"currency":"${currency}","price_nanos":"${rated.priceNanos}",` +
    `"cost_nanos":"${rated.costNanos}","charges":[${chargesText(rated).slice(1)}]}`
  )
}

function chargesText({ price, cost }: RatedEvent): string {
  let text = ''
  for (const use of price) text += chargeText('price', use)
  for (const use of cost) text += chargeText('cost', use)
  return text
}

function chargeText(side: BookSide, { use, amount }: RatedUse): string {
  return `,{"side":"${side}","charge":${quoted(use.charge)},"version":${use.version},"amount_nanos":"${amount}"}`
}

/** A time that came in the very form in which we write it, which is most of them, is not written again. */
function timeText({ raw, timeMs }: UsageEvent): string {
  const sent = raw['time']
  const same = typeof sent === 'string' && sent.length === 24 && sent[19] === '.' && sent[23] === 'Z'
  return same ? sent : new Date(timeMs).toISOString()
}
