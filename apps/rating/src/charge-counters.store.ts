import type { BookSide } from '@portitor/contracts'
import type { Queryable } from '@portitor/postgres'
import { type CellState, type ChargeCounters, type Segment, segmentKey } from './charge-counters.ts'
import type { PlannedUsage } from './rate-batch.ts'

interface CounterRow extends Record<string, unknown> {
  workspace_id: string
  side: BookSide
  charge: string
  version: number
  period: string
  segment: string
  cells: Record<string, [string, string]>
}

const COLUMNS = 'workspace_id, side, charge, version, period, segment'
const ARRAYS = 'unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[])'

/**
 * Loads the counters of every segment that the batch touches and keeps them locked until the transaction ends, in key
 * order, so two batches that share segments wait for each other and never deadlock. Never cached between batches: a
 * workspace may be in several partitions.
 */
export async function loadCounters(tx: Queryable, planned: readonly PlannedUsage[]): Promise<ChargeCounters> {
  const wanted = segmentsOf(planned)
  const counters: ChargeCounters = new Map()
  if (wanted.size === 0) return counters
  for (const row of await lock(tx, [...wanted.values()])) remember(counters, row)
  const absent = [...wanted].filter(([key]) => !counters.has(key)).map(([, segment]) => segment)
  if (absent.length > 0) {
    await tx.query({
      name: 'rating.create_counters',
      text: `insert into rating.charge_counters (${COLUMNS}, cells)
             select *, '{}'::jsonb from ${ARRAYS} order by 1, 2, 3, 4, 5, 6 on conflict do nothing`,
      values: arrays(absent),
    })
    for (const row of await lock(tx, absent)) remember(counters, row)
  }
  return counters
}

/** Writes back the counters that the batch advanced. */
export async function storeCounters(tx: Queryable, counters: ChargeCounters): Promise<void> {
  const changed = [...counters.values()].filter((segment) => segment.changed)
  if (changed.length === 0) return
  const cells = changed.map((segment) => {
    const entries = [...segment.cells].map(([cell, state]) => [cell, [String(state.quantity), String(state.amount)]])
    return JSON.stringify(Object.fromEntries(entries))
  })
  await tx.query({
    name: 'rating.store_counters',
    text: `update rating.charge_counters c set cells = s.cells
           from unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::jsonb[])
             s(${COLUMNS}, cells)
           where (c.workspace_id, c.side, c.charge, c.version, c.period, c.segment)
               = (s.workspace_id, s.side, s.charge, s.version, s.period, s.segment)`,
    values: [...arrays(changed), cells],
  })
}

function segmentsOf(planned: readonly PlannedUsage[]): Map<string, Segment> {
  const wanted = new Map<string, Segment>()
  for (const usage of planned) {
    for (const side of ['price', 'cost'] as const) {
      for (const { use, segmentKey: key } of usage[side]) {
        if (wanted.has(key)) continue
        const { workspaceId } = usage.event
        const { charge, version, group: segment } = use
        wanted.set(key, {
          workspaceId,
          side,
          charge,
          version,
          period: usage.period,
          segment,
          cells: new Map(),
          changed: false,
        })
      }
    }
  }
  return wanted
}

async function lock(tx: Queryable, segments: readonly Segment[]): Promise<CounterRow[]> {
  const { rows } = await tx.query<CounterRow>({
    name: 'rating.lock_counters',
    text: `select c.workspace_id, c.side, c.charge, c.version, c.period, c.segment, c.cells
           from ${ARRAYS} s(${COLUMNS})
           join rating.charge_counters c using (${COLUMNS})
           order by ${COLUMNS} for no key update of c`,
    values: arrays(segments),
  })
  return rows
}

function arrays(segments: readonly Segment[]): unknown[] {
  return [
    segments.map((segment) => segment.workspaceId),
    segments.map((segment) => segment.side),
    segments.map((segment) => segment.charge),
    segments.map((segment) => segment.version),
    segments.map((segment) => segment.period),
    segments.map((segment) => segment.segment),
  ]
}

function remember(counters: ChargeCounters, row: CounterRow): void {
  const cells = new Map<string, CellState>()
  for (const [cell, [quantity, amount]] of Object.entries(row.cells)) {
    cells.set(cell, { quantity: BigInt(quantity), amount: BigInt(amount) })
  }
  const { workspace_id: workspaceId, side, charge, version, period, segment } = row
  counters.set(segmentKey(workspaceId, side, charge, version, period, segment), {
    workspaceId,
    side,
    charge,
    version,
    period,
    segment,
    cells,
    changed: false,
  })
}
