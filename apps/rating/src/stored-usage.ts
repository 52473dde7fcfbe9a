import type { AgentStatus } from '@portitor/contracts'
import { formatQuantity, parseQuantity } from '@portitor/money'
import { calendarMonthAt, periodLabel } from '@portitor/subscriptions'
import type { EventFacts } from './event-facts.ts'
import type { PlannedUsage } from './plan-usage.ts'
import { quoted } from './quoted.ts'
import { hasFacts } from './rated-facts.ts'

/** What an event was, beside what it owes. Quantities and facts as decimal text; what most events lack is left out. */
export interface StoredUsage {
  readonly workspace_id: string
  readonly source: string
  readonly id: string
  readonly type: string
  /** Whose model it was priced as, where the event did not say so itself. */
  readonly provider?: string
  readonly model?: string
  readonly time_ms: number
  readonly attributes: Readonly<Record<string, string>>
  readonly quantities: Readonly<Record<string, string>>
  readonly values?: Readonly<Record<string, string>>
  readonly facts?: StoredFacts
  readonly latency_ms?: number
  readonly agent_status?: AgentStatus
  /** Its billing period [from, to) where that is no calendar month. */
  readonly period_ms?: readonly [number, number]
  readonly subscription_id?: string
}

interface StoredFacts {
  readonly value?: string
  readonly quality?: string
  readonly qualified?: false
  readonly disputed_at_ms?: number
  readonly malformed?: 'value' | 'quality'
}

/** An event as it was rated. */
export type RatedOnce = Pick<PlannedUsage, 'event' | 'provider' | 'model' | 'period' | 'subscriptionId'>

/** Written by hand, because it is hot; names repeat, so they are quoted once. */
export function usageText({ event, provider, model, period, costPeriod, subscriptionId }: PlannedUsage): string {
  const { type, attributes, quantities, values, facts, latencyMs, agentStatus } = event
  let text =
    `{"workspace_id":"${event.workspaceId}","source":${quoted(event.source)},"id":${JSON.stringify(event.id)},` +
    `"type":${quoted(type)},"time_ms":${event.timeMs},"attributes":{${entriesText(Object.entries(attributes))}},"quantities":{`
  let comma = ''
  for (const [meter, quantity] of quantities) {
    text += `${comma}${quoted(meter)}:"${formatQuantity(quantity)}"`
    comma = ','
  }
  text += '}'
  if (provider !== attributes['provider']) text += `,"provider":${JSON.stringify(provider)}`
  if (model !== attributes['model']) text += `,"model":${JSON.stringify(model)}`
  if (values.size > 0) text += `,"values":{${entriesText([...values])}}`
  if (hasFacts(facts)) text += `,"facts":${JSON.stringify(storedFacts(facts))}`
  if (latencyMs !== undefined) text += `,"latency_ms":${latencyMs}`
  if (agentStatus !== undefined) text += `,"agent_status":"${agentStatus}"`
  if (period.label !== costPeriod.label || period.endMs !== costPeriod.endMs)
    text += `,"period_ms":[${period.startMs},${period.endMs}]`
  if (subscriptionId !== undefined) text += `,"subscription_id":"${subscriptionId}"`
  return `${text}}`
}

export function readUsage(stored: StoredUsage): RatedOnce {
  const { quantities, values, facts, period_ms: span } = stored
  const period =
    span === undefined
      ? calendarMonthAt(stored.time_ms)
      : { startMs: span[0], endMs: span[1], label: periodLabel(span[0]) }
  return {
    period,
    provider: stored.provider ?? stored.attributes['provider'],
    model: stored.model ?? stored.attributes['model'],
    subscriptionId: stored.subscription_id,
    event: {
      workspaceId: stored.workspace_id,
      source: stored.source,
      id: stored.id,
      type: stored.type,
      timeMs: stored.time_ms,
      attributes: stored.attributes,
      quantities: new Map(Object.entries(quantities).map(([meter, quantity]) => [meter, parseQuantity(quantity)])),
      values: new Map(Object.entries(values ?? {})),
      facts: readFacts(facts ?? {}),
      latencyMs: stored.latency_ms,
      agentStatus: stored.agent_status,
    },
  }
}

function entriesText(entries: readonly (readonly [string, string])[]): string {
  let text = ''
  for (const [name, value] of entries) text += `${text === '' ? '' : ','}${quoted(name)}:${quoted(value)}`
  return text
}

function storedFacts({ value, quality, disputedAtMs, ...facts }: EventFacts): StoredFacts {
  return {
    ...facts,
    ...(value === undefined ? {} : { value: formatQuantity(value) }),
    ...(quality === undefined ? {} : { quality: formatQuantity(quality) }),
    ...(disputedAtMs === undefined ? {} : { disputed_at_ms: disputedAtMs }),
  }
}

function readFacts({ value, quality, disputed_at_ms: disputedAtMs, ...facts }: StoredFacts): EventFacts {
  return {
    ...facts,
    ...(value === undefined ? {} : { value: parseQuantity(value) }),
    ...(quality === undefined ? {} : { quality: parseQuantity(quality) }),
    ...(disputedAtMs === undefined ? {} : { disputedAtMs }),
  }
}
