import { createHash } from 'node:crypto'
import { type Agent, agentSchema, apiKeySchema, newApiKeySchema, pageOf } from '@portitor/contracts'
import { findWorkspaces, type Portitor } from '@portitor/workload'

/** A demo customer as it stands in the system. */
export interface DemoCustomer {
  readonly name: string
  readonly workspaceId: string
  /** The whole key at the start that made it, later only what may be shown of it. */
  readonly key: string
  readonly isNewKey: boolean
  /** Ids by name. */
  readonly agents: ReadonlyMap<string, string>
}

const keyName = 'demo'
const keyScopes = [
  'workspaces:read',
  'agents:read',
  'metering:read',
  'metering:write',
  'ledger:read',
  'usage:read',
  'pricing:read',
  'plans:read',
  'billing:read',
]
const pageAgents = 500
/** Whoever has made more agents than these pages hold gets the demo's made once more. */
const pagesMax = 20

/** Finds the customers with their agents and keys, and makes what is missing. Safe to run again and to interrupt. */
export async function ensureDemoCustomers(
  portitor: Portitor,
  names: readonly string[],
  agentNames: readonly string[],
): Promise<DemoCustomer[]> {
  const workspaces = await findWorkspaces(portitor, names)
  const customers: DemoCustomer[] = []
  for (const [name, workspaceId] of workspaces) {
    const agents = await ensureAgents(portitor, workspaceId, agentNames)
    customers.push({ name, workspaceId, agents, ...(await ensureKey(portitor, workspaceId)) })
  }
  return customers
}

async function ensureAgents(
  portitor: Portitor,
  workspaceId: string,
  names: readonly string[],
): Promise<Map<string, string>> {
  const headers = { 'x-workspace-id': workspaceId }
  const ids = new Map<string, string>()
  const remember = ({ name, id }: Agent) => names.includes(name) && ids.set(name, id)
  let cursor: string | null = ''
  for (let page = 0; cursor !== null && page < pagesMax; page += 1) {
    const from: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const path = `/api/v1/agents?limit=${pageAgents}${from}`
    const { data, next_cursor } = await portitor.get(pageOf(agentSchema), path, headers)
    // Newest first: where a name stands twice the oldest stays, so that every start finds the same one.
    data.forEach(remember)
    cursor = next_cursor
  }
  for (const name of names) {
    if (ids.has(name)) continue
    const body = { name, purpose: 'demonstration' }
    remember(
      await portitor.post(agentSchema, '/api/v1/agents', body, {
        ...headers,
        'idempotency-key': createHash('sha256').update(`demo agent ${workspaceId} ${name}`).digest('hex'),
      }),
    )
  }
  return ids
}

async function ensureKey(portitor: Portitor, workspaceId: string): Promise<Pick<DemoCustomer, 'key' | 'isNewKey'>> {
  const headers = { 'x-workspace-id': workspaceId }
  const { data } = await portitor.get(pageOf(apiKeySchema), '/api/v1/api_keys?limit=500', headers)
  const found = data.find(({ name, status }) => name === keyName && status === 'active')
  if (found !== undefined) return { key: found.hint, isNewKey: false }
  const made = await portitor.post(newApiKeySchema, '/api/v1/api_keys', { name: keyName, scopes: keyScopes }, headers)
  return { key: made.key ?? made.hint, isNewKey: made.key !== null }
}
