import type { Queryable } from '@portitor/postgres'

/** Counts what a batch brought, in the batch's own commit; what owed nothing counts too (L-11). */
export async function countPostings(
  tx: Queryable,
  partition: number,
  counts: { readonly events: number; readonly rejected: number },
): Promise<void> {
  await tx.query({
    name: 'ledger.count_postings',
    text: `insert into ledger.postings as p (partition, events, rejected) values ($1, $2, $3)
           on conflict (partition) do update set events = p.events + excluded.events, rejected = p.rejected + excluded.rejected`,
    values: [partition, counts.events, counts.rejected],
  })
}
