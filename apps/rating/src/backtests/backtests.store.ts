import type { Backtest } from '@portitor/contracts'
import { type Queryable, uuidTextArray } from '@portitor/postgres'
import type { Reason, Replayed } from './replay.ts'
import type { Revisions } from './versions-under-test.ts'

/** Whoever wants more waits until one is done. */
const runningMax = 4
/** Of the oldest that are done the results go. */
const keptMax = 50
/** A page and its rating take seconds at most; a worker that is silent for longer is no more. */
const leaseSeconds = 30

export interface StoredBacktest {
  readonly backtest_id: string
  readonly asked: Backtest
  readonly revisions: Revisions
  readonly status: 'running' | 'done' | 'failed' | 'cancelled'
  readonly error: string | null
  readonly planned: boolean
  readonly in_hand: bigint
  readonly created_at: Date
  readonly finished_at: Date | null
}

const COLUMNS = 'backtest_id, asked, revisions, status, error, planned, in_hand, created_at, finished_at'
type Row = StoredBacktest & Record<string, unknown>

/** Keeps a new back-test, for a caller that holds the catalogue's lock. Undefined: too many are running. */
export async function insertBacktest(
  tx: Queryable,
  id: string,
  asked: Backtest,
  revisions: Revisions,
): Promise<StoredBacktest | undefined> {
  const running = await tx.query(`select from rating.backtests where status = 'running' limit ${runningMax}`)
  if (running.rowCount === runningMax) return undefined
  await tx.query(
    `delete from rating.backtests where status <> 'running' and backtest_id not in (
       select backtest_id from rating.backtests order by backtest_id desc limit ${keptMax - 1}
     )`,
  )
  const { rows } = await tx.query<Row>(
    `insert into rating.backtests (backtest_id, asked, revisions) values ($1, $2, $3) returning ${COLUMNS}`,
    [id, JSON.stringify(asked), JSON.stringify(revisions)],
  )
  return rows[0]!
}

export async function findBacktest(db: Queryable, id: string): Promise<StoredBacktest | undefined> {
  const { rows } = await db.query<Row>(`select ${COLUMNS} from rating.backtests where backtest_id = $1`, [id])
  return rows[0]
}

/** The newest first. */
export async function listBacktests(
  db: Queryable,
  page: { readonly before: string | undefined; readonly limit: number },
): Promise<StoredBacktest[]> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from rating.backtests where $1::uuid is null or backtest_id < $1 order by backtest_id desc limit $2`,
    [page.before ?? null, page.limit],
  )
  return rows
}

/** Ends it, if it runs; answers whether it did. */
export async function endBacktest(
  tx: Queryable,
  id: string,
  end: { readonly status: 'done' | 'failed' | 'cancelled'; readonly error: string | null; readonly at: Date },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update rating.backtests set status = $2, error = $3, finished_at = $4, worker = null, leased_until = null
     where backtest_id = $1 and status = 'running'`,
    [id, end.status, end.error, end.at],
  )
  return rowCount === 1
}

/** Takes the oldest that nobody works on, for a while; whoever has it goes on with `keepLease`. */
export async function leaseBacktest(db: Queryable, worker: string): Promise<StoredBacktest | undefined> {
  const { rows } = await db.query<Row>(
    `update rating.backtests set worker = $1, leased_until = now() + interval '${leaseSeconds} s', in_hand = 0
     where backtest_id = (
       select backtest_id from rating.backtests where status = 'running' and (leased_until is null or leased_until < now())
       order by created_at limit 1 for update skip locked
     ) returning ${COLUMNS}`,
    [worker],
  )
  return rows[0]
}

/** Answers whether the worker has it still: it may have been cancelled, or another may have taken it over. */
export async function keepLease(db: Queryable, id: string, worker: string, inHand: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `update rating.backtests set leased_until = now() + interval '${leaseSeconds} s', in_hand = $3
     where backtest_id = $1 and worker = $2 and status = 'running'`,
    [id, worker, inHand],
  )
  return rowCount === 1
}

/** Another may go on at once. */
export async function releaseLeases(db: Queryable, worker: string): Promise<void> {
  await db.query('update rating.backtests set worker = null, leased_until = null where worker = $1', [worker])
}

/** Notes the workspaces to replay, all of them in one go. */
export async function planWorkspaces(tx: Queryable, id: string, expected: ReadonlyMap<string, number>): Promise<void> {
  const rows = [...expected]
  await tx.query(
    `insert into rating.backtest_workspaces (backtest_id, workspace_id, expected)
     select $1, w, e from unnest($2::uuid[], $3::bigint[]) u(w, e) on conflict do nothing`,
    [id, uuidTextArray(rows, ([workspaceId]) => workspaceId), rows.map(([, events]) => events)],
  )
  await tx.query('update rating.backtests set planned = true where backtest_id = $1', [id])
}

export async function nextWorkspace(db: Queryable, id: string): Promise<string | undefined> {
  const { rows } = await db.query<{ workspace_id: string }>(
    `select workspace_id from rating.backtest_workspaces where backtest_id = $1 and status = 'waiting'
     order by workspace_id limit 1`,
    [id],
  )
  return rows[0]?.workspace_id
}

/** What a workspace came to; its amounts and that it is done are one commit. Where another has done it meanwhile, nothing is stored. */
export async function storeReplayed(
  tx: Queryable,
  { id, workspaceId }: { readonly id: string; readonly workspaceId: string },
  { events, amounts, reasons }: Replayed,
  wholePeriods: boolean,
): Promise<void> {
  const { rowCount } = await tx.query(
    `update rating.backtest_workspaces set status = 'replayed', events = $3, whole_periods = $4, reasons = $5
     where backtest_id = $1 and workspace_id = $2 and status = 'waiting'`,
    [id, workspaceId, events, wholePeriods, JSON.stringify(reasons satisfies readonly Reason[])],
  )
  if (rowCount === 0) return
  const rows = [...amounts]
  await tx.query(
    `insert into rating.backtest_amounts (backtest_id, workspace_id, currency, price_before, cost_before, price_after,
       cost_after, refused, refused_price, refused_cost)
     select $1, $2, u.* from unnest($3::text[], $4::numeric[], $5::numeric[], $6::numeric[], $7::numeric[], $8::bigint[],
       $9::numeric[], $10::numeric[]) u`,
    [
      id,
      workspaceId,
      rows.map(([currency]) => currency),
      rows.map(([, amount]) => String(amount.priceBefore)),
      rows.map(([, amount]) => String(amount.costBefore)),
      rows.map(([, amount]) => String(amount.priceAfter)),
      rows.map(([, amount]) => String(amount.costAfter)),
      rows.map(([, amount]) => amount.refused),
      rows.map(([, amount]) => String(amount.refusedPrice)),
      rows.map(([, amount]) => String(amount.refusedCost)),
    ],
  )
}

export async function storeFailed(tx: Queryable, id: string, workspaceId: string, error: string): Promise<void> {
  await tx.query(
    `update rating.backtest_workspaces set status = 'failed', error = $3
     where backtest_id = $1 and workspace_id = $2 and status = 'waiting'`,
    [id, workspaceId, error],
  )
}
