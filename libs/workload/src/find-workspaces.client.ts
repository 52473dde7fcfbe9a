import { workspaceListSchema, workspaceSchema } from '@portitor/contracts'
import { createHash } from 'node:crypto'
import type { Portitor } from './portitor.client.ts'

/** 500 workspaces a page. */
const pagesMax = 2_000

/**
 * The ids of workspaces by name; those that are missing are created. Where a name stands twice the oldest is taken, so
 * that every later call finds the same one.
 */
export async function findWorkspaces(
  portitor: Portitor,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = await existing(portitor, new Set(names))
  for (const name of names) {
    if (found.has(name)) continue
    // Two calls at once get one workspace: the key follows from the name.
    const key = createHash('sha256').update(`workload workspace ${name}`).digest('hex')
    const created = await portitor.post(workspaceSchema, '/api/v1/workspaces', { name }, { 'idempotency-key': key })
    found.set(name, created.id)
  }
  return found
}

async function existing(portitor: Portitor, wanted: ReadonlySet<string>): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  let cursor: string | null = ''
  for (let page = 0; cursor !== null && page < pagesMax; page++) {
    const from: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const { data, next_cursor } = await portitor.get(workspaceListSchema, `/api/v1/workspaces?limit=500${from}`)
    // Newest first, so what comes later is older.
    for (const { id, name } of data) if (wanted.has(name)) found.set(name, id)
    cursor = next_cursor
  }
  return found
}
