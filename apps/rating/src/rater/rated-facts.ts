import type { RatedFacts } from '@portitor/contracts'
import { formatQuantity, parseQuantity } from '@portitor/money'
import type { EventFacts } from './event-facts.ts'

/** Facts as they stand in `portitor.usage.rated.v1`. */
export function toRatedFacts({ value, quality, qualified, disputedAtMs, malformed }: EventFacts): RatedFacts {
  return {
    ...(value === undefined ? {} : { value: formatQuantity(value) }),
    ...(quality === undefined ? {} : { quality: formatQuantity(quality) }),
    ...(qualified === undefined ? {} : { success: qualified }),
    ...(disputedAtMs === undefined ? {} : { disputed_at: new Date(disputedAtMs).toISOString() }),
    ...(malformed === undefined ? {} : { unreadable: malformed }),
  }
}

export function fromRatedFacts({ value, quality, success, disputed_at: disputed, unreadable }: RatedFacts): EventFacts {
  return {
    ...(value === undefined ? {} : { value: parseQuantity(value) }),
    ...(quality === undefined ? {} : { quality: parseQuantity(quality) }),
    ...(success === undefined ? {} : { qualified: success }),
    ...(disputed === undefined ? {} : { disputedAtMs: Date.parse(disputed) }),
    ...(unreadable === undefined ? {} : { malformed: unreadable }),
  }
}

export function hasFacts(facts: EventFacts): boolean {
  for (const _ in facts) return true
  return false
}
