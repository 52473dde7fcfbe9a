import type { BillAnswer } from '@portitor/contracts'
import { type Queryable, textArray, uuidTextArray } from '@portitor/postgres'
import type { Period } from '@portitor/subscriptions'

/** A period of a workspace. */
export interface WorkspacePeriod {
  readonly workspaceId: string
  readonly period: Period
}

/** Which periods are closed, of those that were asked about. */
export class ClosedPeriods {
  readonly #keys: ReadonlySet<string>

  constructor(rows: readonly { readonly workspace_id: string; readonly period: string }[]) {
    this.#keys = new Set(rows.map(({ workspace_id, period }) => `${workspace_id}/${period}`))
  }

  has(workspaceId: string, label: string): boolean {
    return this.#keys.size > 0 && this.#keys.has(`${workspaceId}/${label}`)
  }
}

/** Which of these are closed, for whoever takes part in the turn: none will be before the transaction ends. */
export async function findClosedPeriods(tx: Queryable, periods: readonly WorkspacePeriod[]): Promise<ClosedPeriods> {
  if (periods.length === 0) return new ClosedPeriods([])
  const { rows } = await tx.query<{ workspace_id: string; period: string }>({
    name: 'rating.closed_periods',
    text: `select workspace_id, period from unnest($1::uuid[], $2::text[]) a(workspace_id, period)
           join rating.closed_periods using (workspace_id, period)`,
    values: [
      uuidTextArray(periods, ({ workspaceId }) => workspaceId),
      textArray(periods, ({ period }) => period.label),
    ],
  })
  return new ClosedPeriods(rows)
}

export interface ClosedPeriod {
  readonly period: string
  readonly subscription_id: string | null
  readonly starts_at: Date
  readonly ends_at: Date
  readonly closed_at: Date
}

/** Closes an open period with what it came to, for whoever has taken the turn. */
export async function insertClosedPeriod(
  tx: Queryable,
  { workspaceId, period }: WorkspacePeriod,
  { bill, closedAt }: { readonly bill: BillAnswer; readonly closedAt: Date },
): Promise<ClosedPeriod> {
  const { rows } = await tx.query<ClosedPeriod & Record<string, unknown>>(
    `insert into rating.closed_periods (workspace_id, period, subscription_id, starts_at, ends_at, closed_at, bill)
     values ($1, $2, $3, $4, $5, $6, $7) returning ${COLUMNS}`,
    [
      workspaceId,
      period.label,
      bill.subscription_id,
      new Date(period.startMs),
      new Date(period.endMs),
      closedAt,
      JSON.stringify(bill),
    ],
  )
  return rows[0]!
}

export async function findClosedPeriod(
  tx: Queryable,
  workspaceId: string,
  period: string,
): Promise<ClosedPeriod | undefined> {
  const { rows } = await tx.query<ClosedPeriod & Record<string, unknown>>(
    `select ${COLUMNS} from rating.closed_periods where workspace_id = $1 and period = $2`,
    [workspaceId, period],
  )
  return rows[0]
}

/** What a period came to when it was closed, to the letter: no later event, plan or correction changes it (B-9). Undefined: it is open. */
export async function findClosedBill(
  tx: Queryable,
  workspaceId: string,
  period: string,
): Promise<BillAnswer | undefined> {
  const { rows } = await tx.query<{ bill: string }>(
    'select bill from rating.closed_periods where workspace_id = $1 and period = $2',
    [workspaceId, period],
  )
  return rows[0] && (JSON.parse(rows[0].bill) as BillAnswer)
}

const COLUMNS = 'period, subscription_id, starts_at, ends_at, closed_at'

/** A page of a workspace's closed periods, the newest first; to be asked as that workspace. */
export async function listClosedPeriods(
  tx: Queryable,
  page: { readonly before: string | undefined; readonly limit: number },
): Promise<ClosedPeriod[]> {
  const { rows } = await tx.query<ClosedPeriod & Record<string, unknown>>(
    `select ${COLUMNS} from rating.closed_periods where $1::text is null or period < $1 order by period desc limit $2`,
    [page.before ?? null, page.limit],
  )
  return rows
}
