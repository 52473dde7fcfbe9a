import { setTimeout as sleep } from 'node:timers/promises'

/** `max`, or how many times faster than the events' own time. */
export type Speed = 'max' | number

export interface Clock {
  nowMs(): number
  sleep(ms: number): Promise<unknown>
}

export const realClock: Clock = { nowMs: () => performance.now(), sleep: (ms) => sleep(ms) }

/** Longest single wait, since timers of more than 24 days fire at once. */
const sleepMsMax = 3_600_000

/**
 * Cuts timed items into batches of at most `itemsMax` items and `bytesMax` bytes. At a speed a batch holds what is due by now and
 * nothing is given before its time; what fell behind catches up in larger batches. An item older than the first is due at once.
 */
export async function* pace<Item extends { readonly timeMs: number; readonly bytes: number }>(
  items: Iterable<Item> | AsyncIterable<Item>,
  { speed, itemsMax, bytesMax }: { speed: Speed; itemsMax: number; bytesMax: number },
  clock: Clock,
): AsyncGenerator<Item[]> {
  let batch: Item[] = []
  let bytes = 0
  let start: { nowMs: number; timeMs: number } | undefined
  const take = () => {
    const full = batch
    batch = []
    bytes = 0
    return full
  }
  for await (const item of items) {
    start ??= { nowMs: clock.nowMs(), timeMs: item.timeMs }
    const dueMs = speed === 'max' ? -Infinity : start.nowMs + (item.timeMs - start.timeMs) / speed
    if (dueMs > clock.nowMs() && batch.length > 0) yield take()
    for (let waitMs = dueMs - clock.nowMs(); waitMs > 0; waitMs = dueMs - clock.nowMs())
      await clock.sleep(Math.min(Math.ceil(waitMs), sleepMsMax))
    if (batch.length === itemsMax || (batch.length > 0 && bytes + item.bytes > bytesMax)) yield take()
    batch.push(item)
    bytes += item.bytes
  }
  if (batch.length > 0) yield take()
}
