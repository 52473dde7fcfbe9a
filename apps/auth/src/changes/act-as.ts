import type { Queryable } from '@portitor/postgres'
import { type Caller, ProblemException } from '@portitor/service'
import type { EntityManager } from 'typeorm'

/** The workspace that a call is about; an operator has to name one where there is no call without. */
export function workspaceOf({ workspaceId }: Caller): string {
  if (workspaceId === undefined)
    throw new ProblemException(
      400,
      'workspace.required',
      'Name the workspace in the header x-workspace-id; GET /api/v1/workspaces lists them.',
    )
  return workspaceId
}

/** The connection of a transaction: what it writes through entities, keeps, audits and publishes is one commit. */
export async function connectionOf(rows: EntityManager): Promise<Queryable> {
  return (await rows.queryRunner?.connect()) as Queryable
}

/** From here to the end of the transaction, or to `actAsService`, row-level security shows this workspace and no other (I-4). */
export async function actAsTenant(tx: Queryable, workspaceId: string): Promise<void> {
  await tx.query(`select set_config('role', 'portitor_tenant', true), set_config('app.workspace_id', $1, true)`, [
    workspaceId,
  ])
  const { rows } = await tx.query('select id from auth.workspaces')
  if (rows.length === 0)
    throw new ProblemException(404, 'workspace.not_found', 'There is no workspace of this id, or none of yours.')
}

/** For what is not the tenant's to read or write: kept answers, the audit log, messages, people of other workspaces. */
export async function actAsService(tx: Queryable): Promise<void> {
  await tx.query('set local role portitor_service')
}

/** Runs `work` as the service inside a tenant's transaction, then goes on as the tenant. */
export async function outsideTenant<Result>(rows: EntityManager, work: () => Promise<Result>): Promise<Result> {
  const tx = await connectionOf(rows)
  const { rows: acting } = await tx.query<{ role: string }>(`select current_setting('role') as role`)
  await actAsService(tx)
  const result = await work()
  await tx.query(`select set_config('role', $1, true)`, [acting[0]!.role])
  return result
}
