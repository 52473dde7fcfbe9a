import { int4Array, type Queryable, textArray, uuidTextArray } from '@portitor/postgres'
import { ChargeCounters, type Segment } from './charge-counters.ts'
import type { PlannedUsage } from './plan-usage.ts'

/** [quantity, amount, and what the next step needs besides]. */
type StoredCells = Record<string, readonly [quantity: string, amount: string, ...more: string[]]>

interface CounterRow extends Record<string, unknown> {
  /** The place of the segment in what was asked for, counted from 1. */
  n: number
  cells: StoredCells
}

const COLUMNS = 'workspace_id, side, charge, plan, version, period, segment'
const ARRAYS = 'unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[], $7::text[])'
const none: readonly string[] = []

/** The counters of every segment that events will touch, not yet loaded. */
export function segmentsOf(planned: readonly PlannedUsage[]): ChargeCounters {
  const counters = new ChargeCounters()
  for (const { event, period, costPeriod, price, byEvent, cost } of planned) {
    const { workspaceId } = event
    for (const use of price) counters.of({ workspaceId, period: period.label, side: 'price', use })
    for (const use of byEvent) counters.of({ workspaceId, period: period.label, side: 'price', use })
    for (const use of cost) counters.of({ workspaceId, period: costPeriod.label, side: 'cost', use })
  }
  return counters
}

/**
 * Loads the counters and keeps them locked until the transaction ends, in key order, so two batches that share segments
 * wait for each other and never deadlock. Never cached between batches: a workspace may be in several partitions.
 */
export async function lockCounters(tx: Queryable, counters: ChargeCounters): Promise<void> {
  if (counters.all.length === 0) return
  const absent = await lock(tx, counters.all)
  if (absent.length === 0) return
  await tx.query({
    name: 'rating.create_counters',
    text: `insert into rating.charge_counters (${COLUMNS}, cells)
           select *, '{}'::jsonb from ${ARRAYS} order by 1, 2, 3, 4, 5, 6, 7 on conflict do nothing`,
    values: arrays(absent),
  })
  await lock(tx, absent)
}

/** Writes back the counters that the batch advanced. */
export async function storeCounters(tx: Queryable, counters: ChargeCounters): Promise<void> {
  const changed = counters.all.filter((segment) => segment.changed)
  if (changed.length === 0) return
  await tx.query({
    name: 'rating.store_counters',
    text: `update rating.charge_counters c set cells = s.cells::jsonb
           from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[], $7::text[], $8::text[])
             s(${COLUMNS}, cells)
           where (c.workspace_id, c.side, c.charge, c.plan, c.version, c.period, c.segment)
               = (s.workspace_id, s.side, s.charge, s.plan, s.version, s.period, s.segment)`,
    values: [...arrays(changed), textArray(changed, cellsText)],
  })
}

/** Locks the segments that are there and reads their cells; answers those that are not. */
async function lock(tx: Queryable, segments: readonly Segment[]): Promise<Segment[]> {
  const { rows } = await tx.query<CounterRow>({
    name: 'rating.lock_counters',
    text: `select s.n::int, c.cells
           from ${ARRAYS} with ordinality s(${COLUMNS}, n)
           join rating.charge_counters c using (${COLUMNS})
           order by ${COLUMNS} for no key update of c`,
    values: arrays(segments),
  })
  const found = new Set<Segment>()
  for (const { n, cells } of rows) {
    const segment = segments[n - 1]!
    found.add(segment)
    for (const [cell, [quantity, amount, ...more]] of Object.entries(cells)) {
      const state = { quantity: BigInt(quantity), amount: BigInt(amount), more: more.length === 0 ? none : more }
      segment.cells.set(cell, state)
    }
  }
  return segments.filter((segment) => !found.has(segment))
}

function arrays(segments: readonly Segment[]): unknown[] {
  return [
    uuidTextArray(segments, ({ workspaceId }) => workspaceId),
    textArray(segments, ({ side }) => side),
    textArray(segments, ({ charge }) => charge),
    textArray(segments, ({ plan }) => plan),
    int4Array(segments, ({ version }) => version),
    textArray(segments, ({ period }) => period),
    textArray(segments, ({ segment }) => segment),
  ]
}

function cellsText({ cells }: Segment): string {
  const stored: StoredCells = {}
  for (const [cell, { quantity, amount, more }] of cells) stored[cell] = [String(quantity), String(amount), ...more]
  return JSON.stringify(stored)
}
