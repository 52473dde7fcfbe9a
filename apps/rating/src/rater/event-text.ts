import { formatQuantity } from '@portitor/money'
import { quoted } from './quoted.ts'
import { hasFacts, toRatedFacts } from './rated-facts.ts'
import type { RatableUsage } from './ratable-usage.ts'

export const namedAttributes = [
  'org_id',
  'user_id',
  'agent_id',
  'team',
  'workflow',
  'cost_center',
  'region',
  'status',
] as const
/** Fields of their own, or (`request_id`) names of the call alone: no price looks at them among the other attributes. */
const NAMED: ReadonlySet<string> = new Set([...namedAttributes, 'provider', 'model', 'request_id'])

/** An event in parts of a JSON object, as they stand in `portitor.usage.rated.v1` and with its explanation; each but the first begins with a comma. */
export interface EventText {
  /** What names it, and when it was. */
  readonly head: string
  /** Who and what for, and the provider and model that were priced. */
  readonly who: string
  readonly quantities: string
  /** What else prices it, if it is priced again (R-8, R-9). Most events have little of it. */
  readonly said: string
}

/** What is written of a planned event. `written` keeps it. */
interface Writable {
  readonly event: RatableUsage
  readonly provider: string | undefined
  readonly model: string | undefined
  readonly written: { of?: object; text?: EventText }
}

/**
 * Written once an event, though it is needed twice, and by hand: an object for `JSON.stringify` would be made for this alone,
 * and nearly all of its texts are names that stand in the events before it.
 */
export function eventTextOf(planned: Writable): EventText {
  const { event, provider, model, written } = planned
  // A copy with something else in it shares what was written of the original, which is then not its own.
  if (written.text === undefined || written.of !== planned) {
    written.of = planned
    written.text = {
      head: headOf(event),
      who: whoOf(event, provider, model),
      quantities: quantitiesOf(event),
      said: saidOf(planned),
    }
  }
  return written.text
}

function headOf(event: RatableUsage): string {
  return (
    `"workspace_id":"${event.workspaceId}","source":${quoted(event.source)},"id":${JSON.stringify(event.id)},` +
    `"type":${quoted(event.type)},"time":"${timeText(event)}"`
  )
}

function whoOf(event: RatableUsage, provider: string | undefined, model: string | undefined): string {
  let text = ''
  for (const name of namedAttributes) {
    const value = event.attributes[name]
    if (value !== undefined) text += `,"${name}":${quoted(value)}`
  }
  if (event.agentStatus !== undefined) text += `,"agent_status":"${event.agentStatus}"`
  if (event.latencyMs !== undefined) text += `,"latency_ms":${event.latencyMs}`
  if (provider !== undefined) text += `,"provider":${quoted(provider)}`
  if (model !== undefined) text += `,"model":${quoted(model)}`
  return text
}

function quantitiesOf(event: RatableUsage): string {
  let quantities = ''
  for (const [meter, quantity] of event.quantities) quantities += `,${quoted(meter)}:"${formatQuantity(quantity)}"`
  let values = ''
  for (const [meter, value] of event.values) values += `,${quoted(meter)}:${quoted(value)}`
  return `,"quantities":{${quantities.slice(1)}}${values === '' ? '' : `,"values":{${values.slice(1)}}`}`
}

function saidOf({ event: { attributes, facts }, provider, model }: Writable): string {
  let said = ''
  for (const name in attributes) if (!NAMED.has(name)) said += `,${quoted(name)}:${quoted(attributes[name]!)}`
  if (provider !== attributes['provider']) said += `,"provider":${quoted(attributes['provider'] ?? '')}`
  if (model !== attributes['model']) said += `,"model":${quoted(attributes['model'] ?? '')}`
  return (
    (said === '' ? '' : `,"attributes":{${said.slice(1)}}`) +
    (hasFacts(facts) ? `,"facts":${JSON.stringify(toRatedFacts(facts))}` : '')
  )
}

/** A time that came in the very form in which we write it, which is most of them, is not written again. */
function timeText(event: RatableUsage & { readonly raw?: Readonly<Record<string, unknown>> }): string {
  const sent = event.raw?.['time']
  const same = typeof sent === 'string' && sent.length === 24 && sent[19] === '.' && sent[23] === 'Z'
  return same ? sent : new Date(event.timeMs).toISOString()
}
