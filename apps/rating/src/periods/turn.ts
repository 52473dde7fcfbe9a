import type { Queryable } from '@portitor/postgres'

/**
 * Takes part in rating until the transaction ends: the first thing of whoever rates. What `takeTurn` has changed is seen by
 * every later statement, and what is rated here is seen by whoever takes the turn next. Answers the time by the database's
 * clock, which all go by: with clocks of their own one could bill in a period that another has closed.
 */
export async function joinTurn(tx: Queryable): Promise<Date> {
  const { rows } = await tx.query<{ now: Date }>({
    name: 'rating.join_turn',
    text: 'select clock_timestamp() as now from rating.turn for key share',
    values: [],
  })
  return rows[0]!.now
}

/**
 * Waits until nobody rates, and lets nobody until the transaction ends: the first thing of whoever closes a period (M-8) or
 * changes the past. A lock of the table, because whoever comes after this queues behind it; those who share a row overtake
 * whoever waits for all of it, without end. Reading the table, as a backup does, is no part of rating. Answers the time.
 */
export async function takeTurn(tx: Queryable): Promise<Date> {
  await tx.query('lock table rating.turn in exclusive mode')
  const { rows } = await tx.query<{ now: Date }>('select clock_timestamp() as now')
  return rows[0]!.now
}
