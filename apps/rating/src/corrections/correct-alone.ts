import type { Queryable } from '@portitor/postgres'

/**
 * Waits until nobody corrects, and lets nobody until the transaction ends: the first thing of whoever corrects, before it takes
 * part in the turn. So nobody corrects by what another is about to change: an event has one newest revision, and re-ratings
 * follow each other in the order in which they were asked for. Whoever rates new events is held up by none of it.
 */
export async function correctAlone(tx: Queryable): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('rating.corrections', 0))`)
}
