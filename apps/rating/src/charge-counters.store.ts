import { int4Array, type Queryable, textArray, uuidTextArray } from '@portitor/postgres'
import { ChargeCounters, type Segment } from './charge-counters.ts'
import type { PlannedUsage } from './rate-batch.ts'

type StoredCells = Record<string, [quantity: string, amount: string]>

interface CounterRow extends Record<string, unknown> {
  /** The place of the segment in what was asked for, counted from 1. */
  n: number
  cells: StoredCells
}

const COLUMNS = 'workspace_id, side, charge, version, period, segment'
const ARRAYS = 'unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[])'

/**
 * Loads the counters of every segment that the batch touches and keeps them locked until the transaction ends, in key
 * order, so two batches that share segments wait for each other and never deadlock. Never cached between batches: a
 * workspace may be in several partitions.
 */
export async function loadCounters(tx: Queryable, planned: readonly PlannedUsage[]): Promise<ChargeCounters> {
  const counters = new ChargeCounters()
  for (const { event, period, price, cost } of planned) {
    const { workspaceId } = event
    for (const use of price) counters.of({ workspaceId, period, side: 'price', use })
    for (const use of cost) counters.of({ workspaceId, period, side: 'cost', use })
  }
  if (counters.all.length === 0) return counters
  const absent = await lock(tx, counters.all)
  if (absent.length > 0) {
    await tx.query({
      name: 'rating.create_counters',
      text: `insert into rating.charge_counters (${COLUMNS}, cells)
             select *, '{}'::jsonb from ${ARRAYS} order by 1, 2, 3, 4, 5, 6 on conflict do nothing`,
      values: arrays(absent),
    })
    await lock(tx, absent)
  }
  return counters
}

/** Writes back the counters that the batch advanced. */
export async function storeCounters(tx: Queryable, counters: ChargeCounters): Promise<void> {
  const changed = counters.all.filter((segment) => segment.changed)
  if (changed.length === 0) return
  await tx.query({
    name: 'rating.store_counters',
    text: `update rating.charge_counters c set cells = s.cells::jsonb
           from unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::text[])
             s(${COLUMNS}, cells)
           where (c.workspace_id, c.side, c.charge, c.version, c.period, c.segment)
               = (s.workspace_id, s.side, s.charge, s.version, s.period, s.segment)`,
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
    for (const [cell, [quantity, amount]] of Object.entries(cells)) {
      segment.cells.set(cell, { quantity: BigInt(quantity), amount: BigInt(amount) })
    }
  }
  return segments.filter((segment) => !found.has(segment))
}

function arrays(segments: readonly Segment[]): unknown[] {
  return [
    uuidTextArray(segments, ({ workspaceId }) => workspaceId),
    textArray(segments, ({ side }) => side),
    textArray(segments, ({ charge }) => charge),
    int4Array(segments, ({ version }) => version),
    textArray(segments, ({ period }) => period),
    textArray(segments, ({ segment }) => segment),
  ]
}

function cellsText({ cells }: Segment): string {
  const stored: StoredCells = {}
  for (const [cell, { quantity, amount }] of cells) stored[cell] = [String(quantity), String(amount)]
  return JSON.stringify(stored)
}
