import { int8Array, type Queryable, textArray, timestampArray, uuidArray, uuidTextArray } from '@portitor/postgres'
import type { UsageEvent } from '@portitor/metering'
import { eventKey } from './event-key.ts'
import { explanationText } from './explanation.ts'
import type { RatedEvent } from './rate-batch.ts'

/** Inserts rated events and says how many were new; fewer than given means that some had been rated before. */
export async function insertRated(tx: Queryable, rated: readonly RatedEvent[], ratedAt: Date): Promise<number> {
  const { rowCount } = await tx.query({
    name: 'rating.insert_rated',
    text: `insert into rating.rated_usages (workspace_id, payload_hash, event_time, rated_at, price_nanos, cost_nanos,
             event_month, currency, source, id, provider, model, price_explanation, cost_explanation)
           select w, h, t, $1, p, c, date_trunc('month', t at time zone 'UTC')::date, cur, s, i, pr, m, pe, ce
           from unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::bigint[], $6::bigint[], $7::text[], $8::text[],
             $9::text[], $10::text[], $11::text[], $12::text[], $13::text[]) u(w, h, t, p, c, cur, s, i, pr, m, pe, ce)
           on conflict do nothing`,
    values: [
      ratedAt,
      uuidTextArray(rated, ({ planned }) => planned.event.workspaceId),
      uuidArray(rated, ({ planned }) => planned.event.payloadHash),
      timestampArray(rated, ({ planned }) => planned.event.timeMs),
      int8Array(rated, ({ priceNanos }) => priceNanos),
      int8Array(rated, ({ costNanos }) => costNanos),
      textArray(rated, ({ planned }) => planned.currency),
      textArray(rated, ({ planned }) => planned.event.source),
      textArray(rated, ({ planned }) => planned.event.id),
      textArray(rated, ({ planned }) => planned.provider),
      textArray(rated, ({ planned }) => planned.model),
      textArray(rated, ({ price }) => explanationText(price)),
      textArray(rated, ({ cost }) => explanationText(cost)),
    ],
  })
  return rowCount ?? 0
}

/** Payload hashes of those of the events that have been rated before, by event key. */
export async function findRated(tx: Queryable, events: readonly UsageEvent[]): Promise<Map<string, string>> {
  const { rows } = await tx.query<{ workspace_id: string; source: string; id: string; payload_hash: string }>({
    name: 'rating.find_rated',
    text: `select r.workspace_id, r.source, r.id, r.payload_hash
           from unnest($1::uuid[], $2::text[], $3::text[]) u(workspace_id, source, id)
           join rating.rated_usages r using (workspace_id, source, id)`,
    values: [
      uuidTextArray(events, (event) => event.workspaceId),
      textArray(events, (event) => event.source),
      textArray(events, (event) => event.id),
    ],
  })
  return new Map(
    rows.map((row) => [
      eventKey({ workspaceId: row.workspace_id, source: row.source, id: row.id }),
      row.payload_hash.replaceAll('-', ''),
    ]),
  )
}
