import type { BookSide } from '@portitor/contracts'
import { formatQuantity } from '@portitor/money'
import { quoted } from './quoted.ts'
import { hasFacts, toRatedFacts } from './rated-facts.ts'
import type { FreshUsage, RatableUsage } from './ratable-usage.ts'
import type { RatedEvent, RatedUse } from './rate-batch.ts'
import type { RatedText } from './rated-messages.ts'

const ATTRIBUTES = ['org_id', 'user_id', 'agent_id', 'team', 'workflow', 'cost_center', 'region', 'status'] as const
/** Fields of their own, or (`request_id`) names of the call alone: no price looks at them among the other attributes. */
const NAMED: ReadonlySet<string> = new Set([...ATTRIBUTES, 'provider', 'model', 'request_id'])

/** `billedIn`: the period it is billed in where its own was closed (M-8). */
export function toRatedText(rated: RatedEvent, billedIn: string | undefined, ratedAt: string): RatedText {
  return {
    workspaceId: rated.planned.event.workspaceId,
    currency: rated.planned.currency,
    priceNanos: rated.priceNanos,
    costNanos: rated.costNanos,
    events: 1,
    text: ratedUsageText(rated, billedIn, ratedAt),
  }
}

/**
 * A rated event as it stands in `portitor.usage.rated.v1`, as JSON text. Written by hand: an object for `JSON.stringify`
 * would be made for this alone, and nearly all of its texts are names that stand in the events before it.
 */
export function ratedUsageText(rated: RatedEvent, billedIn: string | undefined, ratedAt: string): string {
  const { event } = rated.planned
  let quantities = ''
  for (const [meter, quantity] of event.quantities) quantities += `,${quoted(meter)}:"${formatQuantity(quantity)}"`
  let values = ''
  for (const [meter, value] of event.values) values += `,${quoted(meter)}:${quoted(value)}`
  return (
    eventText(event, timeText(event), ratedAt) +
    `${namesText(rated)},"quantities":{${quantities.slice(1)}}` +
    `${values === '' ? '' : `,"values":{${values.slice(1)}}`}${saidText(rated)}${billingText(rated, billedIn)},` +
    `"currency":"${rated.planned.currency}","price_nanos":"${rated.priceNanos}",` +
    `"cost_nanos":"${rated.costNanos}","charges":[${chargesText(rated).slice(1)}]}`
  )
}

/** The event itself: who, when, for what. Begins the object. */
export function eventText(event: RatableUsage, time: string, ratedAt: string): string {
  let text =
    `{"workspace_id":"${event.workspaceId}","source":${quoted(event.source)},"id":${JSON.stringify(event.id)},` +
    `"type":${quoted(event.type)},"time":"${time}","rated_at":"${ratedAt}"`
  for (const name of ATTRIBUTES) {
    const value = event.attributes[name]
    if (value !== undefined) text += `,"${name}":${quoted(value)}`
  }
  if (event.agentStatus !== undefined) text += `,"agent_status":"${event.agentStatus}"`
  if (event.latencyMs !== undefined) text += `,"latency_ms":${event.latencyMs}`
  return text
}

/** The provider and model that were priced. */
export function namesText({ planned: { provider, model } }: RatedEvent<RatableUsage>): string {
  return (
    (provider === undefined ? '' : `,"provider":${quoted(provider)}`) +
    (model === undefined ? '' : `,"model":${quoted(model)}`)
  )
}

/** What else prices the event, if it is priced again (R-8). Most events have little of it. */
export function saidText({ planned: { event, provider, model } }: RatedEvent<RatableUsage>): string {
  const { attributes, facts } = event
  let said = ''
  for (const name in attributes) if (!NAMED.has(name)) said += `,${quoted(name)}:${quoted(attributes[name]!)}`
  if (provider !== attributes['provider']) said += `,"provider":${quoted(attributes['provider'] ?? '')}`
  if (model !== attributes['model']) said += `,"model":${quoted(attributes['model'] ?? '')}`
  return (
    (said === '' ? '' : `,"attributes":{${said.slice(1)}}`) +
    (hasFacts(facts) ? `,"facts":${JSON.stringify(toRatedFacts(facts))}` : '')
  )
}

/** Most events are billed in the calendar month of their time, which needs no words. */
export function billingText({ planned }: RatedEvent<RatableUsage>, billedIn: string | undefined): string {
  const { period, costPeriod, subscriptionId } = planned
  return (
    (period.label === costPeriod.label ? '' : `,"period":"${period.label}"`) +
    (billedIn === undefined ? '' : `,"billed_in":"${billedIn}"`) +
    (subscriptionId === undefined ? '' : `,"subscription_id":"${subscriptionId}"`)
  )
}

function chargesText({ price, cost }: RatedEvent<RatableUsage>): string {
  let text = ''
  for (const use of price) text += chargeText('price', use)
  for (const use of cost) text += chargeText('cost', use)
  return text
}

export function chargeText(side: BookSide, { use, amount }: Pick<RatedUse, 'use' | 'amount'>): string {
  const plan = use.plan === undefined ? '' : `,"plan":${quoted(use.plan)}`
  return `,{"side":"${side}","charge":${quoted(use.charge)}${plan},"version":${use.version},"amount_nanos":"${amount}"}`
}

/** A time that came in the very form in which we write it, which is most of them, is not written again. */
function timeText({ raw, timeMs }: FreshUsage): string {
  const sent = raw['time']
  const same = typeof sent === 'string' && sent.length === 24 && sent[19] === '.' && sent[23] === 'Z'
  return same ? sent : new Date(timeMs).toISOString()
}
