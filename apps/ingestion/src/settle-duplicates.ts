import type { Rejection } from '@portitor/contracts'
import type { UsageEvent } from '@portitor/metering'
import type { JudgedEvent } from './judge-events.ts'

/** What becomes of one event. `append` is set where it goes to the log: once for each key of a request. */
export interface Verdict {
  readonly id: string | null
  readonly status: 'accepted' | 'duplicate' | 'rejected'
  readonly rejected?: Rejection
  readonly append?: { readonly event: UsageEvent; readonly key: string; readonly hash: string }
}

const conflict: Rejection = {
  code: 'event.id_conflict',
  field: 'id',
  detail: 'this source and id were used with another payload: expected a new id, or the same event as before',
}

/**
 * M-5: settles which events of a request are repeats, in their order. `recentHash` gives the payload last accepted under
 * a key; `taken` are the keys that rating says are occupied by that payload.
 *
 * A repeat of an earlier request is answered as duplicate and appended all the same: its first copy may have been
 * dead-lettered since, and only rating knows. A repeat within the request is the same bytes twice and goes once. A
 * rejected event does not occupy its id, so the next one under that id is judged as if it were the first.
 */
export function settleDuplicates(
  judged: readonly JudgedEvent[],
  recentHash: (key: string) => string | undefined,
  taken: ReadonlySet<string>,
): Verdict[] {
  const seen = new Map<string, string>()
  return judged.map((one) => {
    if ('rejected' in one) return { id: one.id, status: 'rejected', rejected: one.rejected }
    const { id, event, key, hash } = one
    const earlier = seen.get(key)
    if (earlier !== undefined)
      return earlier === hash ? { id, status: 'duplicate' } : { id, status: 'rejected', rejected: conflict }
    const recent = recentHash(key)
    if (recent !== undefined && recent !== hash && taken.has(key)) return { id, status: 'rejected', rejected: conflict }
    seen.set(key, hash)
    return { id, status: recent === hash ? 'duplicate' : 'accepted', append: { event, key, hash } }
  })
}

/** The events whose id was last accepted with another payload: rating must say whether that one still stands. */
export function suspects(
  judged: readonly JudgedEvent[],
  recentHash: (key: string) => string | undefined,
): ReadonlyMap<string, UsageEvent> {
  const found = new Map<string, UsageEvent>()
  for (const one of judged) {
    if ('rejected' in one) continue
    const recent = recentHash(one.key)
    if (recent !== undefined && recent !== one.hash) found.set(one.key, one.event)
  }
  return found
}
