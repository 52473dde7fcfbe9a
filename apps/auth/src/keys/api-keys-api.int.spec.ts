import { createHmac } from 'node:crypto'
import { apiKeySchema, newApiKeySchema, resourceScopes } from '@portitor/contracts'
import { readApiKey } from '@portitor/identity'
import { describeWith } from '@portitor/testing'
import { type AuthFixture, callerOf, pepper, startAuth } from '../auth-service.fixture.ts'

const unknown = '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e'

describeWith(['postgres'], 'the API of API keys', () => {
  let auth: AuthFixture
  let mine: string
  let theirs: string
  beforeAll(async () => {
    auth = await startAuth()
    mine = await auth.workspace()
    theirs = await auth.workspace()
  })
  afterAll(() => auth.close())

  const key = { name: 'ci', scopes: ['metering:write'] }
  const create = (body: object = key, as: Parameters<AuthFixture['ask']>[2] = { as: mine }) =>
    auth.ask('POST', '/api_keys', { ...as, body })
  const stored = async (id: string) =>
    (await auth.database.query<Record<string, unknown>>('select * from auth.credentials where id = $1', [id])).rows[0]!

  it('I-3 shows a key once and keeps only its keyed hash and its end', async () => {
    const created = newApiKeySchema.parse((await create()).body)
    expect(readApiKey(created.key!)).toBe('live')
    expect(created).toMatchObject({ status: 'active', mode: 'live', hint: `ptr_live_…${created.key!.slice(-4)}` })
    const read = await auth.ask('GET', `/api_keys/${created.id}`, { as: mine })
    expect(apiKeySchema.strict().parse(read.body)).toEqual({ ...created, key: undefined })
    const row = await stored(created.id)
    expect(row['hash']).toEqual(createHmac('sha256', pepper).update(created.key!).digest())
    expect(row['created_by']).toBe('operator')
    expect(JSON.stringify(row)).not.toContain(created.key!.slice(9, -4))
  })

  it('I-3 a key of the test mode says so in its prefix', async () => {
    const { body } = await create({ ...key, mode: 'test' })
    expect(body).toMatchObject({
      mode: 'test',
      key: expect.stringMatching(/^ptr_test_/),
      hint: expect.stringMatching(/^ptr_test_…/),
    })
  })

  it('I-3 keeps the answer of a creation without its key, and replays it so, the header quoted or bare', async () => {
    const first = await create(key, { as: mine, headers: { 'idempotency-key': 'make-1' } })
    const again = await create(key, { as: mine, headers: { 'idempotency-key': '"make-1"' } })
    expect(first.headers.get('idempotency-replayed')).toBeNull()
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect([first.status, again.status]).toEqual([201, 201])
    expect(again.body).toEqual({ ...first.body, key: null })
    const { rows } = await auth.database.query<{ answer: object }>('select answer from auth.idempotency_keys')
    expect(rows.length).toBeGreaterThan(0)
    for (const { answer } of rows) expect(JSON.stringify(answer)).not.toMatch(/ptr_(live|test|agent)_[0-9A-Za-z]/)
  })

  it('I-4 an Idempotency-Key belongs to one principal in one workspace and to one operation', async () => {
    const headers = { 'idempotency-key': 'shared' }
    const first = (await create(key, { as: mine, headers })).body['id']
    const elsewhere = await create(key, { as: theirs, headers })
    const other = await create(key, { as: callerOf(mine, ['keys:write', 'metering:write']), headers })
    const another = await auth.ask('POST', '/teams', { as: mine, headers, body: { name: 'x' } })
    for (const answer of [elsewhere, other, another]) {
      expect(answer.status).toBe(201)
      expect(answer.headers.get('idempotency-replayed')).toBeNull()
    }
    expect(new Set([first, elsewhere.body['id'], other.body['id']]).size).toBe(3)
    expect((await create({ ...key, name: 'other' }, { as: mine, headers })).body).toMatchObject({
      status: 422,
      code: 'idempotency.conflict',
    })
  })

  it('I-3 an Idempotency-Key of one key’s rotation does not answer the rotation of another', async () => {
    const [one, two] = [(await create()).body['id'], (await create()).body['id']]
    const headers = { 'idempotency-key': 'rotate-1' }
    const first = await auth.ask('POST', `/api_keys/${one}/rotate`, { as: mine, headers })
    const again = await auth.ask('POST', `/api_keys/${one}/rotate`, { as: mine, headers })
    expect(again.body).toEqual({ ...first.body, key: null })
    expect((await auth.ask('POST', `/api_keys/${two}/rotate`, { as: mine, headers })).body).toMatchObject({
      status: 422,
    })
  })

  it('I-3 nobody creates a key with more scopes than they hold', async () => {
    const caller = callerOf(mine, ['keys:write', 'metering:write', 'invoke:*'])
    for (const scopes of [['metering:read'], ['metering:write', 'billing:write'], ['mcp:*'], ['mcp:tool:search']])
      expect((await create({ name: 'x', scopes }, { as: caller })).body).toMatchObject({
        status: 403,
        code: 'scope.escalation',
      })
    const narrower = await create({ name: 'x', scopes: ['metering:write', 'invoke:model:gpt-4o'] }, { as: caller })
    expect(narrower.status).toBe(201)
    expect((await stored(narrower.body['id']))['created_by']).toBe(`api_key:${caller.principal.id}`)
  })

  it('I-3 nobody gets by rotation what they could not create', async () => {
    const { id } = (await create({ name: 'strong', scopes: ['billing:write'] })).body
    const caller = callerOf(mine, ['keys:write', 'metering:write'])
    expect((await auth.ask('POST', `/api_keys/${id}/rotate`, { as: caller })).body).toMatchObject({
      status: 403,
      code: 'scope.escalation',
    })
    expect((await stored(id))['expires_at']).toBeNull()
  })

  it('I-3 a key that ends, or is good from some addresses only, gets no other by rotation', async () => {
    const soon = new Date(Date.now() + 3_600_000).toISOString()
    const scopes = ['keys:write', 'metering:write']
    const caller = callerOf(mine, scopes, { expires_at: soon, ip_allow_list: ['10.0.0.0/8'] })
    const lasting = (await create({ name: 'lasting', scopes })).body
    const rotated = await auth.ask('POST', `/api_keys/${lasting['id']}/rotate`, { as: caller })
    expect(rotated.body).toMatchObject({ expires_at: soon, ip_allow_list: ['10.0.0.0/8'], scopes })
    const elsewhere = (await create({ name: 'elsewhere', scopes, ip_allow_list: ['192.0.2.0/24'] })).body
    expect((await auth.ask('POST', `/api_keys/${elsewhere['id']}/rotate`, { as: caller })).body).toMatchObject({
      status: 403,
      code: 'scope.escalation',
    })
    expect((await stored(elsewhere['id']))['expires_at']).toBeNull()
  })

  it('I-3 a test key makes no live key, and an agent no key that its limits do not hold', async () => {
    const test = callerOf(mine, resourceScopes, { mode: 'test' })
    expect((await create(key, { as: test })).body).toMatchObject({ status: 403, code: 'scope.escalation' })
    expect((await create({ ...key, mode: 'test' }, { as: test })).status).toBe(201)
    const agent = callerOf(mine, resourceScopes, { kind: 'agent' })
    expect((await create(key, { as: agent })).body).toMatchObject({ status: 403, code: 'scope.escalation' })
  })

  it('I-3 rotates with an overlap: the same rights under a new secret, the old one ends after it and never later than before', async () => {
    const far = new Date(Date.now() + 90 * 86_400_000).toISOString()
    const old = (await create({ ...key, expires_at: far, ip_allow_list: ['10.0.0.0/8'] })).body
    const before = Date.now()
    const next = await auth.ask('POST', `/api_keys/${old['id']}/rotate`, { as: mine, body: { overlap_seconds: 60 } })
    const after = Date.now()
    expect(next.status).toBe(201)
    expect(next.body).toMatchObject({
      scopes: old['scopes'],
      mode: 'live',
      ip_allow_list: ['10.0.0.0/8'],
      expires_at: far,
    })
    expect(next.body['key']).not.toBe(old['key'])
    const replaced = (await auth.ask('GET', `/api_keys/${old['id']}`, { as: mine })).body
    expect(Date.parse(replaced['expires_at'])).toBeGreaterThanOrEqual(before + 60_000)
    expect(Date.parse(replaced['expires_at'])).toBeLessThanOrEqual(after + 60_000)
    await auth.ask('POST', `/api_keys/${old['id']}/rotate`, { as: mine })
    expect((await auth.ask('GET', `/api_keys/${old['id']}`, { as: mine })).body['expires_at']).toBe(
      replaced['expires_at'],
    )
    const about = (await auth.announced()).flatMap((record) =>
      record.kind === 'credential' ? [record.credential.id] : [],
    )
    expect(about).toEqual(expect.arrayContaining([old['id'], next.body['id']]))
  })

  it('I-3 without overlap the old key is over at once, and is not rotated again', async () => {
    const { id } = (await create()).body
    expect((await auth.ask('POST', `/api_keys/${id}/rotate`, { as: mine, body: { overlap_seconds: 0 } })).status).toBe(
      201,
    )
    expect((await auth.ask('GET', `/api_keys/${id}`, { as: mine })).body['status']).toBe('expired')
    expect((await auth.ask('POST', `/api_keys/${id}/rotate`, { as: mine })).body).toMatchObject({
      status: 409,
      code: 'credential.state',
    })
  })

  it('I-3 revokes for good, twice answers the same, and is announced once', async () => {
    const { id } = (await create()).body
    const first = await auth.ask('DELETE', `/api_keys/${id}`, { as: mine })
    expect(first.body).toMatchObject({ id, status: 'revoked', revoked_at: expect.any(String) })
    const again = await auth.ask('DELETE', `/api_keys/${id}`, { as: mine })
    expect([again.status, again.body]).toEqual([200, first.body])
    const about = (await auth.announced()).filter(
      (record) => record.kind === 'credential' && record.credential.id === id,
    )
    expect(about).toMatchObject([
      { credential: { status: 'active', workspace_id: mine } },
      { credential: { status: 'revoked' } },
    ])
    expect((await auth.ask('POST', `/api_keys/${id}/rotate`, { as: mine })).body).toMatchObject({
      status: 409,
      code: 'credential.state',
    })
  })

  it('I-4 a key of another workspace is not there, whatever the body says, and none is in its list', async () => {
    const { id } = (await create()).body
    const stranger = callerOf(theirs, resourceScopes)
    for (const as of [theirs, stranger]) {
      expect((await auth.ask('GET', `/api_keys/${id}`, { as })).body).toMatchObject({
        status: 404,
        code: 'api_key.not_found',
      })
      expect((await auth.ask('DELETE', `/api_keys/${id}`, { as })).status).toBe(404)
      for (const body of [{}, { nonsense: true }, '{broken', [1]])
        expect((await auth.ask('POST', `/api_keys/${id}/rotate`, { as, body })).body).toMatchObject({
          status: 404,
          code: 'api_key.not_found',
        })
      const list = await auth.ask('GET', '/api_keys?limit=500', { as })
      expect(list.body['data'].map((item: { id: string }) => item.id)).not.toContain(id)
    }
    expect((await auth.ask('GET', `/api_keys/${id}`, { as: mine })).body['status']).toBe('active')
  })

  it('I-4 an operator has to name a workspace, and one that exists', async () => {
    expect((await auth.ask('GET', '/api_keys')).body).toMatchObject({ status: 400, code: 'workspace.required' })
    expect((await create(key, {})).body).toMatchObject({ status: 400, code: 'workspace.required' })
    expect((await auth.ask('GET', '/api_keys', { as: unknown })).body).toMatchObject({
      status: 404,
      code: 'workspace.not_found',
    })
    expect((await create(key, { as: unknown })).body).toMatchObject({ status: 404, code: 'workspace.not_found' })
  })

  it('I-3 lists newest first, each key exactly once, and never a key itself', async () => {
    const workspace = await auth.workspace()
    const ids: string[] = []
    for (let n = 0; n < 5; n += 1) ids.unshift((await create({ ...key, name: `n${n}` }, { as: workspace })).body['id'])
    const first = await auth.ask('GET', '/api_keys?limit=2', { as: workspace })
    const rest = await auth.ask('GET', `/api_keys?limit=3&cursor=${first.body['next_cursor']}`, { as: workspace })
    expect([...first.body['data'], ...rest.body['data']].map(({ id }) => id)).toEqual(ids)
    expect(rest.body['next_cursor']).toBeNull()
    for (const item of first.body['data']) apiKeySchema.strict().parse(item)
  })

  it.each([
    ['no name', { scopes: ['metering:write'] }, 'name'],
    ['no scopes', { name: 'x' }, 'scopes'],
    ['an empty list of scopes', { name: 'x', scopes: [] }, 'scopes'],
    ['a scope that there is not', { name: 'x', scopes: ['metering:delete'] }, 'scopes[0]'],
    ['an end in the past', { ...key, expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
    ['an end that is no instant', { ...key, expires_at: 'tomorrow' }, 'expires_at'],
    ['an address that is none', { ...key, ip_allow_list: ['10.0.0.0/33'] }, 'ip_allow_list[0]'],
    ['another mode', { ...key, mode: 'agent' }, 'mode'],
    ['an unknown field', { ...key, scope: [] }, 'scope'],
  ])('I-3 refuses %s with 400 naming the field', async (_, body, field) => {
    expect((await create(body)).body).toMatchObject({
      status: 400,
      code: 'request.invalid',
      errors: [{ in: 'body', field }],
    })
  })

  it('I-3 refuses a malformed id and a wrong overlap with 400 naming it', async () => {
    const { id } = (await create()).body
    expect((await auth.ask('GET', '/api_keys/first', { as: mine })).body).toMatchObject({
      status: 400,
      errors: [{ in: 'path', field: 'id' }],
    })
    for (const overlap_seconds of [-1, 2_592_001, 1.5, '60'])
      expect(
        (await auth.ask('POST', `/api_keys/${id}/rotate`, { as: mine, body: { overlap_seconds } })).body,
      ).toMatchObject({
        status: 400,
        errors: [{ in: 'body', field: 'overlap_seconds' }],
      })
  })
})
