import type { Database, Queryable } from '@portitor/postgres'
import { ProblemException } from '@portitor/service'

/** How long one statement of a request may take. */
const STATEMENT_MS_MAX = 15_000
const QUERY_CANCELED = '57014'

/**
 * Runs the reads of one request: for a customer under the tenant role, so that the database itself hides other
 * workspaces, costs and provider accounts (I-4, L-8), and for an operator (`undefined`) over everything. Throws 503
 * `ledger.query_too_long` where a statement takes longer than 15 seconds.
 */
export async function readAs<Result>(
  database: Database,
  tenant: string | undefined,
  read: (tx: Queryable) => Promise<Result>,
): Promise<Result> {
  const bounded = async (tx: Queryable) => {
    await tx.query(`set local statement_timeout = ${STATEMENT_MS_MAX}`)
    return read(tx)
  }
  try {
    return tenant === undefined ? await database.snapshot(bounded) : await database.asTenant(tenant, bounded)
  } catch (error) {
    if ((error as { code?: unknown }).code !== QUERY_CANCELED) throw error
    throw new ProblemException(
      503,
      'ledger.query_too_long',
      'The answer takes too long to find: narrow it down by time or to one workspace.',
    )
  }
}

/** The workspace a read is about: a customer's own, or the one the operator asks for; undefined for all of them. */
export interface Scope {
  readonly tenant: string | undefined
  readonly workspaceId: string | undefined
}

/** Throws 400 `workspace.contradiction` where a customer's call names another workspace than its own. */
export function scopeOf(tenant: string | undefined, asked: string | undefined): Scope {
  const workspaceId = asked?.toLowerCase()
  if (tenant !== undefined && workspaceId !== undefined && tenant !== workspaceId)
    throw new ProblemException(
      400,
      'workspace.contradiction',
      'x-workspace-id and workspace_id name different workspaces: leave workspace_id out.',
    )
  return { tenant, workspaceId: tenant ?? workspaceId }
}

/** For what only operators may see, whole-system costs included. Throws 403 `operator.only` on a customer's call. */
export function refuseTenant(tenant: string | undefined): void {
  if (tenant !== undefined)
    throw new ProblemException(403, 'operator.only', 'This is about the whole system: ask without x-workspace-id.')
}
