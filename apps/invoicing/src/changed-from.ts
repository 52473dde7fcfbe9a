import { isDeepStrictEqual } from 'node:util'
import type { Subscription } from '@portitor/contracts'
import { phaseAt } from '@portitor/subscriptions'

/**
 * The earliest instant at which it makes a difference which of two states of a subscription holds, as an RFC 3339 instant;
 * undefined where it never does. Rating rates again from there on. Start and billing of a subscription never change.
 */
export function changedFrom(before: Subscription, after: Subscription): string | undefined {
  const instants = [before, after]
    .flatMap(({ phases, ends_at }) => [...phases.map(({ from }) => from), ends_at])
    .filter((instant) => instant !== null)
  return [...new Set(instants)]
    .toSorted()
    .find((instant) => !isDeepStrictEqual(shown(before, instant), shown(after, instant)))
}

/** What holds at an instant, whenever it began. */
function shown(subscription: Subscription, instant: string) {
  const phase = phaseAt(subscription, Date.parse(instant))
  return phase && { ...phase, from: undefined }
}
