import { resourceScopes } from '@portitor/contracts'
import { describeWith } from '@portitor/testing'
import { type Asking, openTenantsWorld, type TenantsWorld } from './tenants-world.fixture.ts'

const every = [...resourceScopes, 'invoke:*', 'mcp:*']

/** What somebody could do with a right they were lent, tried over the whole system with real credentials. */
describeWith(['postgres'], 'rights that are lent', () => {
  let world: TenantsWorld
  let workspaceId: string
  beforeAll(async () => {
    world = await openTenantsWorld()
    workspaceId = (await asked('POST', '/workspaces', { key: world.operatorKey, body: { name: 'Acme' } }))[
      'id'
    ] as string
  })
  afterAll(() => world.end())

  const ask = (method: string, path: string, asking: Asking) => world.ask(method, `/api/v1${path}`, asking)
  const asked = async (method: string, path: string, asking: Asking) => {
    const { status, text, body } = await ask(method, path, asking)
    expect([path, status < 300, text]).toEqual([path, true, text])
    return body
  }
  const asOperator = (method: string, path: string, body?: unknown) =>
    asked(method, path, { key: world.operatorKey, workspaceId, ...(body === undefined ? {} : { body }) })
  const keyWith = async (scopes: readonly string[], more: object = {}) =>
    (await asOperator('POST', '/api_keys', { name: 'lent', scopes, ...more }))['key'] as string
  const refusal = async (method: string, path: string, key: string, body?: unknown) => {
    const answer = await ask(method, path, { key, ...(body === undefined ? {} : { body }) })
    return [answer.status, answer.body['code']]
  }
  const agentWithKey = async () => {
    const { id } = await asOperator('POST', '/agents', { name: 'agent' })
    const { key } = await asOperator('POST', `/agents/${id as string}/credentials`, { scopes: every })
    return { id: id as string, key: key as string }
  }

  it('I-4 what a workspace calls a person is its own: another one neither learns it nor writes it', async () => {
    const other = await asked('POST', '/workspaces', { key: world.operatorKey, body: { name: 'Globex' } })
    const add = (email: string, name: string, workspace: string) =>
      asked('POST', '/members', {
        key: world.operatorKey,
        workspaceId: workspace,
        body: { email, name, role: 'viewer' },
      })
    const first = await add('Jane@Example.test', 'Jane Doe', workspaceId)
    const second = await add('jane@example.TEST', 'J.', other['id'] as string)
    expect([first['email'], first['name']]).toEqual(['Jane@Example.test', 'Jane Doe'])
    expect([second['email'], second['name']]).toEqual(['jane@example.TEST', 'J.'])
    expect(second['user_id']).toBe(first['user_id'])
  })

  it('I-6 an agent makes no people, roles or keys, and removes none, whatever its credential says', async () => {
    const { key } = await agentWithKey()
    for (const [method, path, body] of [
      ['POST', '/members', { email: 'friend@example.test', role: 'owner' }],
      ['POST', '/roles', { name: 'mine', scopes: [] }],
      ['POST', '/api_keys', { name: 'mine', scopes: ['ledger:read'] }],
      ['PATCH', `/workspaces/${workspaceId}`, { name: 'mine' }],
    ] as const)
      expect([path, ...(await refusal(method, path, key, body))]).toEqual([path, 403, 'scope.missing'])
  })

  it('I-6 an agent may hold its sub-agents back, and lifts nothing that people decided about them', async () => {
    const parent = await agentWithKey()
    const fields = { name: 'sub', parent_agent_id: parent.id, allowed_models: ['gpt-4o'] }
    const sub = (await asOperator('POST', '/agents', fields))['id'] as string
    const budget = await asOperator('POST', `/agents/${sub}/budgets`, { period: 'day', token_limit: 1, hard_cap: true })
    await asOperator('POST', `/agents/${sub}/suspend`)
    const exceeds = [403, 'agent.exceeds_parent']
    expect(await refusal('POST', `/agents/${sub}/reinstate`, parent.key)).toEqual(exceeds)
    expect(await refusal('DELETE', `/agents/${sub}/budgets/${budget['id'] as string}`, parent.key)).toEqual(exceeds)
    for (const models of [null, ['gpt-4o', 'o3']])
      expect(await refusal('PATCH', `/agents/${sub}`, parent.key, { allowed_models: models })).toEqual(exceeds)
    await asked('PATCH', `/agents/${sub}`, { key: parent.key, body: { allowed_models: [] } })
  })

  it('I-3 what a credential makes is good no longer and from nowhere else, and a token makes none', async () => {
    const expires = new Date(Date.now() + 3_600_000).toISOString()
    const key = await keyWith(every, { expires_at: expires, ip_allow_list: ['127.0.0.1'] })
    const made = await asked('POST', '/api_keys', { key, body: { name: 'made', scopes: ['ledger:read'] } })
    expect(made).toMatchObject({ expires_at: expires, ip_allow_list: ['127.0.0.1'] })
    const wider = { name: 'made', scopes: ['ledger:read'], ip_allow_list: ['10.0.0.1'] }
    expect(await refusal('POST', '/api_keys', key, wider)).toEqual([403, 'scope.escalation'])
    const token = (await asked('POST', '/auth/token', { key, body: { scopes: ['keys:write'] } }))[
      'access_token'
    ] as string
    const lasting = { name: 'lasting', scopes: ['keys:write'] }
    expect(await refusal('POST', '/api_keys', token, lasting)).toEqual([403, 'scope.escalation'])
  })

  it('I-6 nobody gives an agent a scope, or gives one back, that they do not hold', async () => {
    const key = await keyWith(['agents:read', 'agents:write'])
    const agent = await asOperator('POST', '/agents', { name: 'narrow', scopes: ['agents:read'] })
    for (const scopes of [['ledger:read'], null])
      expect(await refusal('PATCH', `/agents/${agent['id'] as string}`, key, { scopes })).toEqual([
        403,
        'scope.escalation',
      ])
    const given = { name: 'rich', scopes: ['billing:write'] }
    expect(await refusal('POST', '/agents', key, given)).toEqual([403, 'scope.escalation'])
  })

  it('I-1 nobody takes a role away that they could not give', async () => {
    const owner = (email: string) => asOperator('POST', '/members', { email, role: 'owner' })
    await owner('first@example.test')
    const second = (await owner('second@example.test'))['user_id'] as string
    const key = await keyWith(['members:read', 'members:write'])
    await asked('POST', '/roles', { key, body: { name: 'nothing', scopes: [] } })
    const demoted = await refusal('PATCH', `/members/${second}`, key, { role: 'nothing' })
    expect([demoted, await refusal('DELETE', `/members/${second}`, key)]).toEqual([
      [403, 'scope.escalation'],
      [403, 'scope.escalation'],
    ])
  })

  it.each([
    '/audit?action=%00',
    '/audit?from=0000-01-01T00:00:00Z',
    '/metering/events?source=%00&id=x',
    '/pricing/explain/x?source=%00',
    '/metering/rejected?code=%00',
    `/metering/rejected?cursor=${Buffer.from('2026-02-31T00:00:00.000Z 0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e').toString('base64url')}`,
    '/metering/usage?to=0000-01-01T00:00:00Z',
    '/metering/usage?to=9999-12-31T23:59:59Z',
  ])('M-10 what no database takes is the caller’s fault, not ours: GET %s', async (path) => {
    expect((await ask('GET', path, { key: await keyWith(every) })).status).toBe(400)
  })

  it('X-4 the page of the API hands its document out as YAML too', async () => {
    const { status, text } = await world.ask('GET', '/docs/yaml')
    expect([status, text.includes('"openapi": "3.1.0"')]).toEqual([200, true])
  })
})
