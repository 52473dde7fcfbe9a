import { describeWith, until } from '@portitor/testing'
import { openTenantsWorld, type TenantsWorld } from './tenants-world.fixture.ts'

/** A client written for another product, word for word: it knows these three calls and nothing else of ours. */
describeWith(['postgres'], 'a client written for another product', () => {
  let world: TenantsWorld
  let key: string
  beforeAll(async () => {
    world = await openTenantsWorld()
    const workspace = await world.ask('POST', '/api/v1/workspaces', { key: world.operatorKey, body: { name: 'Acme' } })
    const created = await world.ask('POST', '/api/v1/api_keys', {
      key: world.operatorKey,
      workspaceId: workspace.body['id'] as string,
      body: {
        name: 'their client',
        scopes: ['agents:read', 'agents:write', 'metering:read', 'metering:write', 'ledger:read'],
      },
    })
    key = created.body['key'] as string
  })
  afterAll(() => world.end())

  it('I-7 creates an agent, gives it a budget and reports its tokens, unchanged, until they are posted', async () => {
    const agent = await world.ask('POST', '/api/v1/agents', {
      key,
      body: { name: 'sdr-agent', owner_license_id: 'lic_123' },
    })
    expect(agent.status).toBe(201)
    const agentId = agent.body['id'] as string
    const budget = await world.ask('POST', `/api/v1/agents/${agentId}/budgets`, {
      key,
      body: { period: 'month', token_limit: 5000000, hard_cap: true },
    })
    expect([budget.status, budget.body]).toEqual([
      201,
      expect.objectContaining({ agent_id: agentId, period: 'month', token_limit: 5000000, hard_cap: true }),
    ])
    const event = {
      agent_id: agentId,
      event_type: 'tokens.consumed',
      quantity: 12400,
      metadata: { model: 'claude-sonnet-4-5', workflow: 'ticket-triage' },
    }
    const recorded = await world.ask('POST', '/api/v1/metering/events', { key, body: event })
    expect([recorded.status, recorded.body['accepted']]).toEqual([202, 1])

    let transfers: Record<string, unknown>[] = []
    await until(async () => {
      const page = await world.ask('GET', `/api/v1/ledger?agent=${agentId}`, { key })
      transfers = page.body['data'] as Record<string, unknown>[]
      return transfers.length > 0
    }, 'the posting')
    expect(transfers).toEqual([
      expect.objectContaining({ agent_id: agentId, workflow: 'ticket-triage', model: 'claude-sonnet-4-5' }),
    ])
    const served = await world.ask('GET', `/api/v1/agents/${agentId}/budgets`, { key })
    expect(served.body['data']).toEqual([budget.body])
  })
})
