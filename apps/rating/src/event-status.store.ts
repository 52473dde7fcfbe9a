import type { Queryable } from '@portitor/postgres'

export interface RatedRow {
  readonly event_time: Date
  readonly rated_at: Date
  readonly currency: string
  readonly price_nanos: bigint
  readonly provider: string | null
  readonly model: string | null
  readonly price_explanation: string
}

/** What rating knows of an event, as its workspace may see it. */
export async function findRatedRow(
  tx: Queryable,
  event: { workspaceId: string; source: string; id: string },
): Promise<RatedRow | undefined> {
  const { rows } = await tx.query<RatedRow & Record<string, unknown>>(
    `select event_time, rated_at, currency, price_nanos, provider, model, price_explanation from rating.rated_usages
     where workspace_id = $1 and source = $2 and id = $3`,
    [event.workspaceId, event.source, event.id],
  )
  return rows[0]
}

/** The number, in its partition of usage.rated, of the record that carried what was rated at this very instant. */
export async function sequenceOf(tx: Queryable, partition: number, ratedAt: Date): Promise<bigint | undefined> {
  const { rows } = await tx.query<{ sequence: bigint | null }>(
    'select max(sequence) as sequence from rating.rated_batches where partition = $1 and rated_at = $2',
    [partition, ratedAt],
  )
  return rows[0]?.sequence ?? undefined
}
