import type { Queryable } from '@portitor/postgres'

export interface RecordedCounts {
  readonly events: number
  readonly duplicates: number
  readonly rejected: number
  readonly rated: number
}

/** Adds what became of a batch's events to the counts of its partition, in the batch's own commit. */
export async function countRecorded(tx: Queryable, partition: number, counts: RecordedCounts): Promise<void> {
  await tx.query({
    name: 'rating.count_recorded',
    text: `insert into rating.recorded_totals as t values ($1, $2, $3, $4, $5)
           on conflict (partition) do update set events = t.events + excluded.events,
             duplicates = t.duplicates + excluded.duplicates, rejected = t.rejected + excluded.rejected,
             rated = t.rated + excluded.rated`,
    values: [partition, counts.events, counts.duplicates, counts.rejected, counts.rated],
  })
}

/** What one record of usage.rated holds, in one currency. */
export interface RatedBatch {
  readonly partition: number
  readonly sequence: bigint
  readonly currency: string
  readonly events: number
  readonly priceNanos: bigint
  readonly costNanos: bigint
  /** The same instant as on the events of the record. */
  readonly ratedAt: Date
}

export async function insertRatedBatches(tx: Queryable, batches: readonly RatedBatch[]): Promise<void> {
  if (batches.length === 0) return
  await tx.query({
    name: 'rating.insert_rated_batches',
    text: `insert into rating.rated_batches
           select * from unnest($1::int[], $2::bigint[], $3::text[], $4::bigint[], $5::numeric[], $6::numeric[], $7::timestamptz[])`,
    values: [
      batches.map((batch) => batch.partition),
      batches.map((batch) => batch.sequence),
      batches.map((batch) => batch.currency),
      batches.map((batch) => batch.events),
      batches.map((batch) => batch.priceNanos),
      batches.map((batch) => batch.costNanos),
      batches.map((batch) => batch.ratedAt),
    ],
  })
}

export interface RatedTotals {
  readonly currency: string
  readonly events: bigint
  readonly priceNanos: bigint
  readonly costNanos: bigint
}

export async function recordedTotals(tx: Queryable) {
  const { rows } = await tx.query<{ events: bigint; duplicates: bigint; rejected: bigint; rated: bigint }>(
    `select coalesce(sum(events), 0)::bigint as events, coalesce(sum(duplicates), 0)::bigint as duplicates,
       coalesce(sum(rejected), 0)::bigint as rejected, coalesce(sum(rated), 0)::bigint as rated from rating.recorded_totals`,
  )
  return rows[0]!
}

/** Totals of the rated log up to and including the given sequence of each partition; other partitions count as nothing. */
export async function ratedTotalsAt(tx: Queryable, cut: ReadonlyMap<number, bigint>): Promise<RatedTotals[]> {
  const { rows } = await tx.query<{ currency: string; events: bigint; price: string; cost: string }>(
    `select b.currency, sum(b.events)::bigint as events, sum(b.price_nanos)::text as price, sum(b.cost_nanos)::text as cost
     from rating.rated_batches b join unnest($1::int[], $2::bigint[]) c(partition, sequence)
       on b.partition = c.partition and b.sequence <= c.sequence
     group by b.currency order by b.currency`,
    [[...cut.keys()], [...cut.values()]],
  )
  return rows.map((row) => ({
    currency: row.currency,
    events: row.events,
    priceNanos: BigInt(row.price),
    costNanos: BigInt(row.cost),
  }))
}
