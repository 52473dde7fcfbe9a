import { reconciliationSchema, type Reconciliation } from '@portitor/contracts'
import { type Clock, realClock } from './pace.ts'
import type { Portitor } from './portitor.client.ts'

const pauseMs = 250
const stallMsMaxUsual = 90_000

/** Runs the reconciliation once. */
export function reconcile(portitor: Portitor): Promise<Reconciliation> {
  return portitor.get(reconciliationSchema, '/api/v1/reconciliation')
}

/**
 * Waits until no accepted event is pending: each is in ledger and analytics, or dead-lettered. Resolves with the last
 * reconciliation, also where `pending` has not become less for `stallMsMax`; then it is above zero.
 */
export async function awaitPosted(
  portitor: Portitor,
  options: { onPending?: (pending: number) => void; clock?: Clock; stallMsMax?: number } = {},
): Promise<Reconciliation> {
  const { onPending, clock = realClock, stallMsMax = stallMsMaxUsual } = options
  let least = Infinity
  let movedMs = clock.nowMs()
  for (;;) {
    const result = await reconcile(portitor)
    onPending?.(result.pending)
    if (result.pending === 0) return result
    if (result.pending < least) {
      least = result.pending
      movedMs = clock.nowMs()
    } else if (clock.nowMs() - movedMs > stallMsMax) return result
    await clock.sleep(pauseMs)
  }
}
