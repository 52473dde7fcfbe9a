import { newAgentCredentialSchema, resourceScopes } from '@portitor/contracts'
import { readApiKey } from '@portitor/identity'
import { describeWith } from '@portitor/testing'
import { type AuthFixture, callerOf, startAuth } from '../auth-service.fixture.ts'

describeWith(['postgres'], 'the API of the credentials of agents', () => {
  let auth: AuthFixture
  let mine: string
  beforeAll(async () => {
    auth = await startAuth()
    mine = await auth.workspace()
  })
  afterAll(() => auth.close())

  type As = Parameters<AuthFixture['ask']>[2]
  const post = (path: string, body?: unknown, as: NonNullable<As>['as'] = mine, headers = {}) =>
    auth.ask('POST', `/agents${path}`, { as, body, headers })
  const create = async (body: object = {}) => (await post('', { name: 'Ada', ...body })).body

  it('I-6 narrowing a parent narrows what the credentials of its sub-agents may hold', async () => {
    const top = await create({ scopes: ['metering:read', 'metering:write'] })
    const low = await create({ parent_agent_id: top['id'], scopes: ['metering:read', 'metering:write'] })
    await auth.ask('PATCH', `/agents/${top['id']}`, { as: mine, body: { scopes: ['metering:read'] } })
    expect((await post(`/${low['id']}/credentials`, { scopes: ['metering:write'] })).body).toMatchObject({
      status: 403,
      code: 'scope.escalation',
    })
    expect((await post(`/${low['id']}/credentials`)).body['scopes']).toEqual(['metering:read'])
  })

  it('I-6 a credential without scopes reports usage, as far as its creator does', async () => {
    const { id } = await create()
    const issued = newAgentCredentialSchema.strict().parse((await post(`/${id}/credentials`)).body)
    expect(issued).toMatchObject({
      agent_id: id,
      name: 'default',
      scopes: ['metering:read', 'metering:write'],
      status: 'active',
    })
    expect(readApiKey(issued.key!)).toBe('agent')
    const lesser = callerOf(mine, ['agents:write', 'metering:write'])
    expect((await post(`/${id}/credentials`, {}, lesser)).body['scopes']).toEqual(['metering:write'])
    expect((await post(`/${id}/credentials`, { scopes: ['metering:read'] }, lesser)).body).toMatchObject({
      status: 403,
      code: 'scope.escalation',
    })
    expect((await post(`/${id}/credentials`, {}, callerOf(mine, resourceScopes, { mode: 'test' }))).body).toMatchObject(
      { status: 403 },
    )
  })

  it('I-3 a key that ends gets no credential of an agent by rotation that outlives it', async () => {
    const soon = new Date(Date.now() + 3_600_000).toISOString()
    const { id } = await create()
    const lasting = (await post(`/${id}/credentials`)).body
    const ending = callerOf(mine, resourceScopes, { expires_at: soon, ip_allow_list: ['10.0.0.0/8'] })
    const rotated = (await post(`/${id}/credentials/${lasting['id']}/rotate`, {}, ending)).body
    expect(rotated).toMatchObject({ expires_at: soon, scopes: lasting['scopes'] })
    const sql = 'select ip_allow_list from auth.credentials where id = $1'
    const { rows } = await auth.database.query(sql, [rotated['id']])
    expect(rows).toEqual([{ ip_allow_list: ['10.0.0.0/8'] }])
  })

  it('I-6 an agent has several credentials, each rotated and revoked by itself, and their keys are kept nowhere', async () => {
    const { id } = await create()
    const headers = { 'idempotency-key': 'agent-1' }
    const one = (await post(`/${id}/credentials`, { name: 'one' }, mine, headers)).body
    const two = (await post(`/${id}/credentials`, { name: 'two' })).body
    expect((await post(`/${id}/credentials`, { name: 'one' }, mine, headers)).body).toEqual({ ...one, key: null })
    const next = await post(`/${id}/credentials/${one['id']}/rotate`, { overlap_seconds: 0 })
    expect(next.body).toMatchObject({ agent_id: id, scopes: one['scopes'], key: expect.stringMatching(/^ptr_agent_/) })
    const gone = await auth.ask('DELETE', `/agents/${id}/credentials/${two['id']}`, { as: mine })
    const again = await auth.ask('DELETE', `/agents/${id}/credentials/${two['id']}`, { as: mine })
    expect(again.body).toEqual(gone.body)
    const { data } = (await auth.ask('GET', `/agents/${id}/credentials`, { as: mine })).body
    expect(data.map((item: { name: string; status: string }) => [item.name, item.status])).toEqual([
      ['one', 'active'],
      ['two', 'revoked'],
      ['one', 'expired'],
    ])
    const keys = await auth.ask('GET', '/api_keys?limit=500', { as: mine })
    expect(keys.body['data']).toEqual([])
    const { rows } = await auth.database.query<{ text: string }>(
      'select answer::text as text from auth.idempotency_keys',
    )
    for (const { text } of rows) expect(text).not.toMatch(/ptr_agent_[0-9A-Za-z]/)
    const about = (await auth.announced()).filter(
      (record) => record.kind === 'credential' && record.credential.id === two['id'],
    )
    expect(about).toMatchObject([
      { credential: { status: 'active', agent_id: id } },
      { credential: { status: 'revoked' } },
    ])
  })
})
