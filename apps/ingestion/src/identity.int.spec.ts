import { randomInt, randomUUID } from 'node:crypto'
import type { Principal } from '@portitor/contracts'
import { IdentityView, newApiKey } from '@portitor/identity'
import { describeWith, until } from '@portitor/testing'
import { IngestionWorld, otherWorkspace, usage, workspace } from './ingestion-world.fixture.ts'

const tenantKey = newApiKey('live', randomInt)
const agentKey = newApiKey('agent', randomInt)
const agent = randomUUID()
const tenant: Principal = {
  kind: 'api_key',
  id: 'key',
  operator: false,
  credential_id: randomUUID(),
  mode: 'live',
  memberships: [{ workspace_id: workspace, workspace_status: 'active', team_id: null, scopes: ['metering:write'] }],
  agent: null,
  ip_allow_list: [],
  expires_at: null,
  depends_on: [workspace],
}
const asAgentPrincipal: Principal = {
  ...tenant,
  kind: 'agent',
  id: agent,
  agent: { id: agent, parents: [], allowed_models: null, allowed_tools: null, allowed_workflows: null },
}

describeWith(['postgres'], 'whose events are recorded', () => {
  let world: IngestionWorld
  beforeAll(async () => {
    world = await IngestionWorld.start()
    await world.publishMeters()
    world.auth.principals.set(tenantKey, tenant)
    world.auth.principals.set(agentKey, asAgentPrincipal)
  })
  afterAll(() => world.end())
  beforeEach(() => {
    world.auth.asked = 0
    world.auth.away = false
  })

  const batch = (...events: object[]) => world.post(events, { 'content-type': 'application/cloudevents-batch+json' })
  const asTenant = (events: object[], headers: Record<string, string> = {}) =>
    world.post(events, { apikey: tenantKey, 'content-type': 'application/cloudevents-batch+json', ...headers })

  it('M-6 rejects the events of a batch whose workspace is unknown, each alone', async () => {
    const unknown = randomUUID()
    const { status, body } = await batch(usage({ subject: workspace }), usage({ subject: unknown }))
    expect([status, body.accepted, body.rejected]).toEqual([202, 1, 1])
    expect(body.results[1]).toMatchObject({ status: 'rejected', code: 'workspace.unknown', field: 'subject' })
    expect(await world.post(usage(), { 'x-workspace-id': unknown })).toMatchObject({
      status: 400,
      body: { code: 'workspace.unknown' },
    })
  })

  it('I-1 takes events for a workspace that is known by the topic without asking', async () => {
    expect((await batch(usage({ subject: workspace }), usage({ subject: otherWorkspace }))).body.accepted).toBe(2)
    expect(world.auth.asked).toBe(0)
  })

  it('I-1 asks auth once about a workspace that it has not heard of, and takes it if there is one', async () => {
    const fresh = randomUUID()
    world.auth.workspaces.add(fresh)
    expect((await batch(usage({ subject: fresh }), usage({ subject: fresh }))).body.accepted).toBe(2)
    expect((await batch(usage({ subject: fresh }))).body.accepted).toBe(1)
    expect(world.auth.asked).toBe(1)
  })

  it('I-1 answers 503 and takes nothing where auth cannot say whether a workspace exists', async () => {
    world.auth.away = true
    const known = usage({ subject: workspace })
    const answer = await batch(known, usage({ subject: randomUUID() }))
    expect([answer.status, answer.body.code]).toEqual([503, 'identity.unavailable'])
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(await world.loggedUnder((known as unknown as { id: string }).id)).toEqual([])
    expect((await batch(known)).status).toBe(202)
  })

  it('I-4 a tenant’s events are for its own workspace, with and without naming it', async () => {
    const [unnamed, named] = [usage(), usage({ subject: workspace.toUpperCase() })]
    const { status, body } = await asTenant([unnamed, named])
    expect([status, body.accepted]).toEqual([202, 2])
    for (const { id } of [unnamed, named] as unknown as { id: string }[])
      expect((await world.loggedUnder(id)).map(({ event }) => event['subject'])).toEqual([workspace])
  })

  it('I-4 an event of a tenant for another workspace is refused exactly as for one that does not exist', async () => {
    const refused = async (subject: string) => {
      const { status, body } = await asTenant([usage({ id: 'same', subject })])
      const { instance: _, ...rest } = body as unknown as Record<string, unknown>
      return { status, ...rest }
    }
    const foreign = await refused(otherWorkspace)
    expect(foreign).toMatchObject({ status: 400, code: 'workspace.unknown' })
    expect(await refused(randomUUID())).toEqual(foreign)
    expect(JSON.stringify(foreign)).not.toContain(otherWorkspace)
    expect(await world.loggedUnder('same')).toEqual([])
    expect((await asTenant([usage()], { 'x-workspace-id': otherWorkspace })).body.code).toBe('workspace.not_found')
    expect(world.auth.asked).toBe(0)
  })

  it('I-6 an agent reports its own use and nobody else’s, each event of a batch judged alone', async () => {
    const [unnamed, own, foreign] = [usage(), usage({}, { agent_id: agent }), usage({}, { agent_id: randomUUID() })]
    const asAgent = (body: unknown, type = 'application/cloudevents-batch+json') =>
      world.post(body, { apikey: agentKey, 'content-type': type })
    const { status, body } = await asAgent([unnamed, own, foreign])
    expect([status, body.accepted]).toEqual([202, 2])
    expect(body.results[2]).toMatchObject({ status: 'rejected', code: 'agent.not_own', field: 'data.agent_id' })
    for (const { id } of [unnamed, own] as unknown as { id: string }[])
      expect((await world.loggedUnder(id)).map(({ event }) => event['data'])).toMatchObject([{ agent_id: agent }])
    expect((await asAgent([unnamed])).body.duplicates).toBe(1)
    const plain = { event_type: 'tokens.consumed', quantity: 7, metadata: { model: 'gpt-4o' } }
    expect((await asAgent(plain, 'application/json')).body.accepted).toBe(1)
    expect(await asAgent({ ...plain, agent_id: randomUUID() }, 'application/json')).toMatchObject({
      status: 403,
      body: { code: 'agent.not_own', field: 'agent_id' },
    })
  })

  it('I-6 usage of a suspended agent is recorded and flagged, of an active one and of a stranger’s not', async () => {
    const agentIs = (status: 'active' | 'suspended' | 'revoked') =>
      ({ kind: 'agent', agent: { id: agent, workspace_id: workspace, parent_agent_id: null, status } }) as const
    const view = world.service.app.get(IdentityView)
    const flagOf = async (subject: string) => {
      const event = usage({ subject }, { agent_id: agent }) as unknown as { id: string }
      expect((await batch(event)).body.accepted).toBe(1)
      return (await world.loggedUnder(event.id))[0]!.event['portitoragentstatus']
    }
    const untilIs = (status: string | undefined) => until(() => view.agentStatus(workspace, agent) === status)
    expect(await flagOf(workspace)).toBeUndefined()
    await world.announce(agentIs('suspended'))
    await untilIs('suspended')
    expect(await flagOf(workspace)).toBe('suspended')
    expect(await flagOf(otherWorkspace)).toBeUndefined()
    await world.announce(agentIs('active'))
    await untilIs(undefined)
    expect(await flagOf(workspace)).toBeUndefined()
    await world.announce(agentIs('revoked'))
    await untilIs('revoked')
    expect(await flagOf(workspace)).toBe('revoked')
  })

  it('I-6 usage of an active sub-agent is flagged while an agent above it is suspended', async () => {
    const [parent, low] = [randomUUID(), randomUUID()]
    const agentIs = (id: string, parent_agent_id: string | null, status: 'active' | 'suspended') =>
      ({ kind: 'agent', agent: { id, workspace_id: workspace, parent_agent_id, status } }) as const
    const view = world.service.app.get(IdentityView)
    await world.announce(agentIs(low, parent, 'active'), agentIs(parent, null, 'suspended'))
    await until(() => view.agentStatus(workspace, parent) === 'suspended')
    const event = usage({ subject: workspace }, { agent_id: low }) as unknown as { id: string }
    expect((await batch(event)).body.accepted).toBe(1)
    expect((await world.loggedUnder(event.id))[0]!.event['portitoragentstatus']).toBe('suspended')
  })

  it('I-6 the flag is ours: a repeat of the event is the same event, and nobody else may set it', async () => {
    const event = usage({ subject: workspace }, { agent_id: agent })
    expect((await batch(event)).body.accepted).toBe(1)
    expect((await batch({ ...event, portitoragentstatus: 'active' })).body.duplicates).toBe(1)
    const free = usage({ subject: workspace, portitoragentstatus: 'suspended' }) as unknown as { id: string }
    expect((await batch(free)).body.accepted).toBe(1)
    expect((await world.loggedUnder(free.id))[0]!.event).not.toHaveProperty('portitoragentstatus')
  })
})
