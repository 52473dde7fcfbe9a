import { jsonArray, type Queryable, textArray, timestampArray, uuidTextArray } from '@portitor/postgres'
import { isAdditive, type PricedEvent } from '@portitor/pricing'
import { type ChargeCounters, keyOfEvent, type KeptEvent, type Segment, segmentId } from './charge-counters.ts'
import type { PlannedUsage } from './plan-usage.ts'

/** More events of a segment than this are not read at once: a re-rating that would have to fails. Rating refuses events before (`refuse-overfull.ts`). */
const eventsPerSegmentMax = 100_000

/** A segment keeps more events than are evaluated again. */
class SegmentTooLarge extends Error {
  override readonly name = 'SegmentTooLarge'
}

/** Loads what segments keep of their events, as far as the batch asks: all of them where the order decides, else only which values are known. To be called with the counters locked. */
export async function loadKept(
  tx: Queryable,
  planned: readonly PlannedUsage[],
  counters: ChargeCounters,
): Promise<void> {
  const ordered = new Map<string, Segment>()
  const asked: { segment: Segment; id: string; value: string }[] = []
  for (const { event, period, costPeriod, byEvent, price, cost, aggregations } of planned) {
    const { workspaceId, values } = event
    for (const use of byEvent) {
      if (isAdditive(use.pricing.model)) continue
      const segment = counters.of({ workspaceId, period: period.label, side: 'price', use })
      ordered.set(segmentId(segment), segment)
    }
    if (aggregations === undefined || values.size === 0) continue
    const places = [
      ...price.map((use) => ({ workspaceId, period: period.label, side: 'price' as const, use })),
      ...cost.map((use) => ({ workspaceId, period: costPeriod.label, side: 'cost' as const, use })),
    ]
    for (const place of places)
      for (const { cell } of place.use.cells) {
        const value = values.get(cell)
        const segment = counters.of(place)
        if (value !== undefined) asked.push({ segment, id: segmentId(segment), value })
      }
  }
  await loadEvents(tx, ordered)
  if (asked.length > 0) await loadValues(tx, asked)
}

/** Every event that segments keep, by `segmentId`. Throws `SegmentTooLarge`. */
export async function loadEvents(tx: Queryable, segments: ReadonlyMap<string, Segment>): Promise<void> {
  if (segments.size === 0) return
  const limit = segments.size * eventsPerSegmentMax
  const { rows } = await tx.query<{
    segment: string
    source: string
    id: string
    value: string | null
    priced: StoredEvent
  }>(
    // By pairs: two lists would be looked up in every combination.
    `select segment, source, id, value, priced from unnest($1::uuid[], $2::uuid[]) s(segment, workspace_id)
     join rating.segment_events using (workspace_id, segment) limit $3`,
    [[...segments.keys()], [...segments.values()].map(({ workspaceId }) => workspaceId), limit + 1],
  )
  if (rows.length > limit) throw new SegmentTooLarge(`a charge keeps at most ${eventsPerSegmentMax} events of a period`)
  for (const segment of segments.values()) segment.events ??= new Map()
  for (const { segment, source, id, value, priced } of rows)
    segments.get(segment.replaceAll('-', ''))!.events!.set(keyOfEvent({ source, id }), {
      source,
      id,
      value: value ?? undefined,
      priced: readPriced(priced, keyOfEvent({ source, id })),
    })
}

async function loadValues(
  tx: Queryable,
  asked: readonly { segment: Segment; id: string; value: string }[],
): Promise<void> {
  const { rows } = await tx.query<{ n: number }>(
    `select a.n::int from unnest($1::uuid[], $2::text[]) with ordinality a(segment, value, n)
     where exists (select from rating.segment_events e where e.segment = a.segment and e.value = a.value)`,
    [asked.map(({ id }) => id), asked.map(({ value }) => value)],
  )
  for (const { segment } of asked) segment.values ??= new Set()
  for (const { n } of rows) asked[n - 1]!.segment.values!.add(asked[n - 1]!.value)
}

/** Writes what segments have to keep of the events that came, and removes those that were taken out. */
export async function storeKept(tx: Queryable, counters: ChargeCounters): Promise<void> {
  const kept = counters.all.flatMap((segment) => segment.kept.map((event) => ({ segment, event })))
  const gone = counters.all.flatMap((segment) => segment.gone.map((event) => ({ segment, event })))
  if (gone.length > 0)
    await tx.query(
      `delete from rating.segment_events e using unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) g(w, s, source, id)
     where (e.workspace_id, e.segment, e.source, e.id) = (g.w, g.s, g.source, g.id)`,
      namesOf(gone),
    )
  if (kept.length > 0)
    await tx.query(
      `insert into rating.segment_events (workspace_id, segment, source, id, event_time, value, priced)
     select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::json[])`,
      [
        ...namesOf(kept),
        timestampArray(kept, ({ event }) => event.priced.timeMs),
        kept.map(({ event }) => event.value ?? null),
        jsonArray(kept, ({ event }) => JSON.stringify(storedPriced(event.priced))),
      ],
    )
}

function namesOf(rows: readonly { readonly segment: Segment; readonly event: KeptEvent }[]): unknown[] {
  return [
    uuidTextArray(rows, ({ segment }) => segment.workspaceId),
    rows.map(({ segment }) => segmentId(segment)),
    textArray(rows, ({ event }) => event.source),
    textArray(rows, ({ event }) => event.id),
  ]
}

/** A priced event as JSON: big numbers as decimal text. */
type StoredEvent = Readonly<Record<string, string | number | boolean>>

const numbers = ['value', 'cost', 'quantity', 'prorated', 'quality'] as const

function storedPriced({ id: _, ...event }: PricedEvent): StoredEvent {
  const stored: Record<string, string | number | boolean> = {}
  for (const [name, value] of Object.entries(event))
    if (value !== undefined) stored[name] = typeof value === 'bigint' ? String(value) : value
  return stored
}

function readPriced(stored: StoredEvent, id: string): PricedEvent {
  const read = Object.fromEntries(
    numbers.filter((name) => name in stored).map((name) => [name, BigInt(stored[name] as string)]),
  )
  return { ...(stored as unknown as PricedEvent), ...read, id }
}
