import { resourceScopes } from '@portitor/contracts'
import { describeWith } from '@portitor/testing'
import { type AuthFixture, callerOf, startAuth } from '../auth-service.fixture.ts'

const unknown = '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e'

describeWith(['postgres'], 'the API of agents under one another', () => {
  let auth: AuthFixture
  let mine: string
  let theirs: string
  beforeAll(async () => {
    auth = await startAuth()
    mine = await auth.workspace()
    theirs = await auth.workspace()
  })
  afterAll(() => auth.close())

  type As = Parameters<AuthFixture['ask']>[2]
  const post = (path: string, body?: unknown, as: NonNullable<As>['as'] = mine, headers = {}) =>
    auth.ask('POST', `/agents${path}`, { as, body, headers })
  const get = async (id: string) => (await auth.ask('GET', `/agents/${id}`, { as: mine })).body
  const create = async (body: object = {}) => (await post('', { name: 'Ada', ...body })).body
  const actingAs = (id: string, scopes: readonly string[] = resourceScopes) =>
    callerOf(mine, scopes, { kind: 'agent', id })

  it('I-6 a sub-agent is given no more than its parent has in effect; null is inherited', async () => {
    const top = await create({ allowed_models: ['a', 'b'], scopes: ['metering:*', 'invoke:*'].slice(1) })
    const middle = await create({ parent_agent_id: top['id'], allowed_models: ['a'] })
    expect(middle).toMatchObject({ parent_agent_id: top['id'], scopes: null })
    for (const wider of [{ allowed_models: ['b'] }, { scopes: ['mcp:*'] }])
      expect((await post('', { name: 'x', parent_agent_id: middle['id'], ...wider })).body).toMatchObject({
        status: 403,
        code: 'agent.exceeds_parent',
      })
    const low = await create({ parent_agent_id: middle['id'], allowed_models: ['a'], scopes: ['invoke:model:a'] })
    expect(low['id']).toEqual(expect.any(String))
    const patch = (body: object) => auth.ask('PATCH', `/agents/${low['id']}`, { as: mine, body })
    expect((await patch({ allowed_models: ['a', 'b'] })).body).toMatchObject({
      status: 403,
      code: 'agent.exceeds_parent',
    })
    expect((await get(low['id'])) as object).toEqual(low)
    expect((await patch({ allowed_models: null })).status).toBe(200)
  })

  it('I-6 a parent is an agent of the same workspace, and eight stand under one another at most', async () => {
    const stranger = (await post('', { name: 'x' }, theirs)).body['id']
    for (const parent_agent_id of [unknown, stranger])
      expect((await post('', { name: 'x', parent_agent_id })).body).toMatchObject({
        status: 404,
        code: 'agent.not_found',
        detail: expect.stringContaining(parent_agent_id),
      })
    let parent_agent_id: string | null = null
    for (let depth = 1; depth <= 8; depth += 1) parent_agent_id = (await create({ parent_agent_id }))['id']
    expect((await post('', { name: 'x', parent_agent_id })).body).toMatchObject({ status: 409, code: 'agent.too_deep' })
  })

  it('I-6 an agent that acts makes sub-agents of itself and of nobody else', async () => {
    const self = await create()
    const other = await create()
    const as = actingAs(self['id'])
    expect((await post('', { name: 'sub' }, as)).body).toMatchObject({ parent_agent_id: self['id'] })
    expect((await post('', { name: 'sub', parent_agent_id: self['id'] }, as)).status).toBe(201)
    for (const parent_agent_id of [null, other['id']])
      expect((await post('', { name: 'sub', parent_agent_id }, as)).body).toMatchObject({
        status: 403,
        code: 'agent.exceeds_parent',
      })
  })

  it('I-6 an agent changes its sub-agents, neither itself nor others', async () => {
    const self = await create({ allowed_models: ['a'] })
    const low = await create({ parent_agent_id: self['id'] })
    const other = await create()
    const as = actingAs(self['id'])
    for (const id of [self['id'], other['id']]) {
      const patched = await auth.ask('PATCH', `/agents/${id}`, { as, body: { allowed_models: null } })
      const answers = [
        patched,
        await post(`/${id}/suspend`, undefined, as),
        await post(`/${id}/budgets`, { period: 'day', token_limit: 1 }, as),
      ]
      for (const { body } of answers) expect(body).toMatchObject({ status: 403, code: 'agent.exceeds_parent' })
    }
    expect((await post(`/${other['id']}/credentials`, {}, as)).body).toMatchObject({
      status: 403,
      code: 'agent.exceeds_parent',
    })
    expect((await post(`/${self['id']}/credentials`, {}, as)).status).toBe(201)
    expect((await post(`/${low['id']}/suspend`, undefined, as)).body['status']).toBe('suspended')
    expect((await get(self['id']))['allowed_models']).toEqual(['a'])
  })
})
