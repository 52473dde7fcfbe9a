import type { Queryable } from '@portitor/postgres'

/**
 * Takes part in rating until the transaction ends: the first thing of whoever rates. What `takeTurn` has changed is seen by
 * every later statement, and what is rated here is seen by whoever takes the turn next.
 */
export async function joinTurn(tx: Queryable): Promise<void> {
  await tx.query({ name: 'rating.join_turn', text: 'select one from rating.turn for key share', values: [] })
}

/** Waits until nobody rates, and lets nobody until the transaction ends: the first thing of whoever closes a period (M-8) or changes the past. */
export async function takeTurn(tx: Queryable): Promise<void> {
  await tx.query('select one from rating.turn for update')
}
