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

/** Closes a period, for whoever has taken the turn. Answers the row as it stands, and whether it was open. */
export async function insertClosedPeriod(
  tx: Queryable,
  { workspaceId, period }: WorkspacePeriod,
  subscriptionId: string | undefined,
  closedAt: Date,
): Promise<{ readonly closed: ClosedPeriod; readonly isNew: boolean }> {
  const { rowCount } = await tx.query(
    `insert into rating.closed_periods (workspace_id, period, subscription_id, starts_at, ends_at, closed_at)
     values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
    [workspaceId, period.label, subscriptionId ?? null, new Date(period.startMs), new Date(period.endMs), closedAt],
  )
  const { rows } = await tx.query<ClosedPeriod & Record<string, unknown>>(
    `select ${COLUMNS} from rating.closed_periods where workspace_id = $1 and period = $2`,
    [workspaceId, period.label],
  )
  return { closed: rows[0]!, isNew: rowCount === 1 }
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
