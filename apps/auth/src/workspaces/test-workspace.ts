import type { EntityManager } from 'typeorm'
import { v7 as uuidv7 } from 'uuid'
import type { WorkspaceRow } from './workspace.row.ts'
import type { WorkspacesStore } from './workspaces.store.ts'

const nameCharactersMax = 121

/**
 * The workspace in which the test keys of another one act (I-3): made with the first of them, and answered where it is new.
 * A test key's calls are then those of a tenant of its own: its events, prices, accounts and totals are nobody else's, by the
 * same code and the same row-level security. Runs as the service; a test workspace has none of its own.
 */
export async function ensureTestWorkspace(
  rows: EntityManager,
  workspaces: WorkspacesStore,
  { workspaceId, at }: { workspaceId: string; at: Date },
): Promise<WorkspaceRow | undefined> {
  // Locked, so that two first test keys make one.
  const of = await workspaces.findForChange(rows, workspaceId)
  if (of === null || of.testOf !== null || (await workspaces.findTestOf(rows, workspaceId)) !== null) return undefined
  const name = `${of.name.slice(0, nameCharactersMax).toWellFormed()} (test)`
  const { organizationId } = of
  const row = { id: uuidv7(), organizationId, name, status: 'active', testOf: of.id, createdAt: at } as const
  await workspaces.insert(rows, row)
  return row
}
