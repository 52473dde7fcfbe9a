import { randomBytes, randomUUID } from 'node:crypto'
import { resourceScopes } from '@portitor/contracts'
import { connectAsOwner, waitMsMax } from '@portitor/testing'
import type { TenantsWorld } from './tenants-world.fixture.ts'

/** A customer with one of everything, and a word that stands in all of it and nowhere else. */
export interface Tenant {
  readonly workspaceId: string
  readonly word: string
  /** Holds every scope a tenant can have. */
  readonly key: string
  /** Ids by the path parameter, and its collection, that take them: `/api/v1/agents/{id}` → `agents.id`. */
  readonly ids: Readonly<Record<string, string>>
}

export async function makeTenant(world: TenantsWorld, name: string): Promise<Tenant> {
  const word = `${name}${randomBytes(6).toString('hex')}`
  const asOperator = async (path: string, body: unknown, workspaceId?: string) => {
    const answer = await world.ask('POST', path, { key: world.operatorKey, workspaceId, body })
    if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`)
    return answer.body as { id: string; key: string; user_id: string }
  }
  const { id: workspaceId } = await asOperator('/api/v1/workspaces', { name: word })
  const make = (path: string, body: unknown) => asOperator(path, body, workspaceId)
  const apiKey = await make('/api/v1/api_keys', { name: word, scopes: [...resourceScopes, 'invoke:*', 'mcp:*'] })
  const agent = await make('/api/v1/agents', { name: word, owner_license_id: word, purpose: word })
  const credential = await make(`/api/v1/agents/${agent.id}/credentials`, { name: word })
  const budget = await make(`/api/v1/agents/${agent.id}/budgets`, { period: 'month', token_limit: 5_000_000 })
  const team = await make('/api/v1/teams', { name: word })
  const role = await make('/api/v1/roles', { name: word, scopes: ['usage:read'] })
  const member = await make('/api/v1/members', { email: `${word}@example.test`, role: 'owner', team_id: team.id })
  // A draft: nobody but operators may know that it is there.
  await asOperator(`/api/v1/pricing/plans/${word}/versions`, {
    content: { id: word, name: word, currency: 'USD', fees: [], charges: [] },
  })
  const subscription = await insertSubscription(world, workspaceId, word)
  await sendUsage(world, apiKey.key, word, agent.id)
  const transfer = await untilFound(world, apiKey.key, '/api/v1/ledger', 'id')
  const rejection = await untilFound(world, apiKey.key, '/api/v1/metering/rejected', 'rejection_id')
  await untilFound(world, apiKey.key, '/api/v1/metering/usage', 'events')
  return {
    workspaceId,
    word,
    key: apiKey.key,
    ids: {
      'workspaces.id': workspaceId,
      'teams.id': team.id,
      'roles.id': role.id,
      'members.id': member.user_id,
      'api_keys.id': apiKey.id,
      'agents.id': agent.id,
      'credentials.credential_id': credential.id,
      'budgets.budget_id': budget.id,
      'transfers.id': transfer,
      'rejected.id': rejection,
      'explain.event': word,
      'plans.plan': word,
      'subscriptions.id': subscription,
    },
  }
}

/** With a price by our cost, whose margin its customer must not see. Written as it is kept, so that it needs no plan. */
async function insertSubscription(world: TenantsWorld, workspaceId: string, word: string): Promise<string> {
  const id = randomUUID()
  const price = { model: 'cost_plus', margin_percent: '12.5' }
  const overrides = { charges: [{ id: 'tokens', meters: ['requests'], price }] }
  const terms = [
    { fromMs: Date.parse('2026-01-01T00:00:00Z'), plan: word, version: null, seats: 1, add_ons: [], overrides },
  ]
  const billing = { cycle: 'calendar', months: 1, anchor: '2026-01-01T00:00:00.000Z', time_zone: 'UTC' }
  const owner = await connectAsOwner(world.databaseUrl)
  try {
    await owner.query(
      `insert into invoicing.subscriptions (id, workspace_id, revision, starts_at, billing, terms, pauses, created_at)
       values ($1, $2, 1, '2026-01-01T00:00:00Z', $3, $4, '[]', now())`,
      [id, workspaceId, JSON.stringify(billing), JSON.stringify(terms)],
    )
  } finally {
    await owner.end()
  }
  return id
}

/** One event that is rated and one of a model that nobody knows. */
async function sendUsage(world: TenantsWorld, key: string, word: string, agentId: string): Promise<void> {
  const data = { agent_id: agentId, workflow: word, input_tokens: 1_234_567, output_tokens: 345_678 }
  const event = { specversion: '1.0', source: word, type: 'tokens.consumed' }
  const { status, text } = await world.ask('POST', '/api/v1/metering/events', {
    key,
    body: [
      { ...event, id: word, data: { ...data, model: 'gpt-4o' } },
      { ...event, id: `${word}-unknown`, data: { ...data, model: word } },
    ],
    headers: { 'content-type': 'application/cloudevents-batch+json' },
  })
  if (status !== 202) throw new Error(`usage was not taken: ${status} ${text}`)
}

async function untilFound(world: TenantsWorld, key: string, path: string, field: string): Promise<string> {
  const deadline = Date.now() + waitMsMax
  for (;;) {
    const { body, text } = await world.ask('GET', path, { key })
    const [first] = (body['data'] ?? []) as Record<string, unknown>[]
    if (first !== undefined && first[field] !== 0) return String(first[field])
    if (Date.now() > deadline) throw new Error(`nothing came to ${path}: ${text}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
