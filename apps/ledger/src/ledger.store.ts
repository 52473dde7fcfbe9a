import type { LedgerFilters, LedgerTransfer } from '@portitor/contracts'
import { formatNanos } from '@portitor/money'
import type { Queryable } from '@portitor/postgres'
import { eventDigest, firstIdAt, transferIdsOf } from './transfer-ids.ts'

/** How many transfers one page looks through for those that match: a rare filter costs more pages, never a longer query. */
const SCANNED_PER_PAGE_MAX = 50_000
/** An event has one for each charge, and some for each of its corrections. */
const TRANSFERS_PER_EVENT_MAX = 10_000

export interface LedgerQuery {
  readonly workspaceId: string | undefined
  readonly filters: LedgerFilters
  /** Transfers before this id. */
  readonly before: string | undefined
  readonly limit: number
}

interface TransferRow extends Record<string, unknown> {
  id: string
  workspace_id: string
  code: string
  charge: string | null
  debit_account: string
  credit_account: string
  amount_nanos: bigint
  currency: string
  price_version: number
  source: string
  event_id: string
  effective_at: Date
  recorded_at: Date
  agent_id: string | null
  user_id: string | null
  workflow: string | null
  model: string | null
  provider: string | null
  metadata: Record<string, unknown> | null
}

const COLUMNS = `t.id, t.workspace_id, t.code, t.charge, d.kind as debit_account, c.kind as credit_account, t.amount_nanos, t.currency,
  t.price_version, t.source, t.event_id, t.effective_at, t.recorded_at, t.agent_id, t.user_id, t.workflow, t.model, t.provider, t.metadata`
const ACCOUNTS = `join ledger.accounts d on d.workspace_id = t.workspace_id and d.id = t.debit_account
  join ledger.accounts c on c.workspace_id = t.workspace_id and c.id = t.credit_account`

/**
 * A page of transfers, newest first, and the id after which the next page goes on; `next` is null at the end. Ids are in
 * the order of effective time, so a page is a stretch of an index whatever else is posted meanwhile.
 */
export async function listTransfers(
  tx: Queryable,
  query: LedgerQuery,
): Promise<{ transfers: LedgerTransfer[]; next: string | null }> {
  const { conditions, values } = stretchOf(query)
  const stretch = `select * from ledger.transfers ${where(conditions)} order by id desc limit ${SCANNED_PER_PAGE_MAX}`
  const matches = matchesOf(query.filters)
  const wanted = Object.entries(matches).map(([column], n) => `t.${column} = $${values.length + n + 1}`)
  const all = [...values, ...Object.values(matches)]
  const { rows } = await tx.query<TransferRow>(
    `select ${COLUMNS} from (
       select * from (${stretch}) t ${where(wanted)} order by t.id desc limit $${all.length + 1}
     ) t ${ACCOUNTS} order by t.id desc`,
    [...all, query.limit + 1],
  )
  const transfers = rows.slice(0, query.limit).map(toLedgerTransfer)
  if (rows.length > query.limit) return { transfers, next: transfers.at(-1)!.id }
  // Without filters the page was short because the ledger ends there.
  if (wanted.length === 0) return { transfers, next: null }
  const last = await tx.query<{ id: string }>(
    `select id from ledger.transfers ${where(conditions)} order by id desc offset ${SCANNED_PER_PAGE_MAX - 1} limit 1`,
    values,
  )
  return { transfers, next: last.rows[0]?.id ?? null }
}

export async function findTransfer(
  tx: Queryable,
  workspaceId: string | undefined,
  id: string,
): Promise<LedgerTransfer | undefined> {
  const { rows } = await tx.query<TransferRow>(
    `select ${COLUMNS} from ledger.transfers t ${ACCOUNTS} where t.id = $1 and ($2::uuid is null or t.workspace_id = $2)`,
    [id, workspaceId ?? null],
  )
  return rows.map(toLedgerTransfer)[0]
}

/** The transfers of an event and of its corrections, as they were recorded; by the stretch of ids that is the event's. */
export async function findTransfersOf(
  tx: Queryable,
  workspaceId: string,
  event: { readonly source: string; readonly id: string; readonly time: number },
): Promise<LedgerTransfer[]> {
  const { first, last } = transferIdsOf(event.time, eventDigest(workspaceId.toLowerCase(), event.source, event.id))
  const { rows } = await tx.query<TransferRow>(
    `select ${COLUMNS} from ledger.transfers t ${ACCOUNTS}
     where t.workspace_id = $1 and t.id between $2 and $3 and t.source = $4 and t.event_id = $5
     order by t.recorded_at, t.id limit ${TRANSFERS_PER_EVENT_MAX}`,
    [workspaceId, first, last, event.source, event.id],
  )
  return rows.map(toLedgerTransfer)
}

/** The stretch of ids a query is about. Bounds of time are bounds of ids. */
function stretchOf({ workspaceId, filters, before }: LedgerQuery): { conditions: string[]; values: string[] } {
  const bounds: [condition: string, value: string | undefined][] = [
    ['workspace_id = ', workspaceId],
    ['id < ', before],
    ['id >= ', filters.from === undefined ? undefined : firstIdAt(Date.parse(filters.from))],
    ['id < ', filters.to === undefined ? undefined : firstIdAt(Date.parse(filters.to))],
  ]
  const given = bounds.filter((bound): bound is [string, string] => bound[1] !== undefined)
  return {
    conditions: given.map(([condition], n) => `${condition}$${n + 1}::uuid`),
    values: given.map(([, value]) => value),
  }
}

function matchesOf(filters: LedgerFilters): Record<string, string> {
  const { workflow, model, provider, charge } = filters
  const agent_id = filters.agent_id ?? filters.agent
  const user_id = filters.user_id ?? filters.user
  const code = filters.code ?? filters.action
  const columns = { agent_id, user_id, workflow, model, provider, charge, code }
  return Object.fromEntries(
    Object.entries(columns).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`
}

function toLedgerTransfer(row: TransferRow): LedgerTransfer {
  return {
    ...row,
    amount_nanos: formatNanos(row.amount_nanos),
    effective_at: row.effective_at.toISOString(),
    recorded_at: row.recorded_at.toISOString(),
  }
}
