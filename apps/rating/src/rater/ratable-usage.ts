import type { UsageEvent } from '@portitor/metering'
import { type EventFacts, factsOf } from './event-facts.ts'

/** A usage event as far as rating looks at it: what is kept with its explanation, so that it can be priced again. */
export interface RatableUsage extends Pick<
  UsageEvent,
  | 'workspaceId'
  | 'source'
  | 'id'
  | 'type'
  | 'timeMs'
  | 'attributes'
  | 'agentStatus'
  | 'latencyMs'
  | 'quantities'
  | 'values'
> {
  readonly facts: EventFacts
}

/** A usage event that came on the log. */
export interface FreshUsage extends RatableUsage, Pick<UsageEvent, 'payloadHash' | 'raw'> {}

export function freshUsage(event: UsageEvent): FreshUsage {
  const data = event.raw['data']
  return {
    ...event,
    facts: factsOf((typeof data === 'object' && data !== null ? data : {}) as Record<string, unknown>),
  }
}
