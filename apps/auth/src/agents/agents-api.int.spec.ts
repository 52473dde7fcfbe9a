import { agentSchema, budgetSchema, resourceScopes } from '@portitor/contracts'
import { describeWith } from '@portitor/testing'
import { type AuthFixture, callerOf, startAuth } from '../auth-service.fixture.ts'

const unknown = '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e'

describeWith(['postgres'], 'the API of agents', () => {
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

  it('I-7 serves clients that were written for it unchanged', async () => {
    const agent = await post('', { name: 'Support', owner_license_id: 'lic_42' })
    expect(agent.status).toBe(201)
    expect(agentSchema.strict().parse(agent.body)).toMatchObject({
      status: 'active',
      owner_license_id: 'lic_42',
      parent_agent_id: null,
    })
    const budget = await post(`/${agent.body['id']}/budgets`, {
      period: 'month',
      token_limit: 1_000_000,
      hard_cap: true,
    })
    expect(budget.status).toBe(201)
    expect(budgetSchema.strict().parse(budget.body)).toMatchObject({
      token_limit: 1_000_000,
      hard_cap: true,
      amount_limit_nanos: null,
    })
    const listed = await auth.ask('GET', `/agents/${agent.body['id']}/budgets`, { as: mine })
    expect(listed.body).toEqual({ data: [budget.body], next_cursor: null })
    const removed = await auth.ask('DELETE', `/agents/${agent.body['id']}/budgets/${budget.body['id']}`, { as: mine })
    expect([removed.status, removed.body]).toEqual([200, budget.body])
    expect(
      (await auth.ask('DELETE', `/agents/${agent.body['id']}/budgets/${budget.body['id']}`, { as: mine })).body,
    ).toMatchObject({ status: 404, code: 'budget.not_found' })
  })

  it('I-6 keeps an amount of money in nano-units to the last digit', async () => {
    const { id } = await create()
    const { body } = await post(`/${id}/budgets`, {
      period: 'day',
      amount_limit_nanos: '999999999999999999',
      currency: 'USD',
    })
    expect(body).toMatchObject({
      amount_limit_nanos: '999999999999999999',
      currency: 'USD',
      token_limit: null,
      hard_cap: false,
    })
  })

  it('I-6 goes active → suspended ⇄ active → revoked, which is final, and refuses every other step', async () => {
    const { id } = await create()
    const step = async (name: string) => {
      const { status, body } = await post(`/${id}/${name}`)
      return status === 200 ? body['status'] : [status, body['code']]
    }
    const refused = [409, 'agent.state']
    expect(await step('reinstate')).toEqual(refused)
    expect(await step('suspend')).toBe('suspended')
    expect(await step('suspend')).toEqual(refused)
    expect(await step('reinstate')).toBe('active')
    expect(await step('suspend')).toBe('suspended')
    expect(await step('revoke')).toBe('revoked')
    for (const name of ['suspend', 'reinstate', 'revoke']) expect(await step(name)).toEqual(refused)
    expect((await auth.ask('PATCH', `/agents/${id}`, { as: mine, body: { purpose: 'x' } })).body).toMatchObject({
      status: 409,
      code: 'agent.revoked',
    })
    expect((await post(`/${id}/credentials`, {})).body).toMatchObject({ status: 409, code: 'agent.revoked' })
    expect((await post('', { name: 'x', parent_agent_id: id })).body).toMatchObject({
      status: 409,
      code: 'agent.revoked',
    })
    const statuses = (await auth.announced()).flatMap((record) =>
      record.kind === 'agent' && record.agent.id === id ? [record.agent.status] : [],
    )
    expect(statuses).toEqual(['active', 'suspended', 'active', 'suspended', 'revoked'])
  })

  it('I-6 of two steps at the same time one is refused', async () => {
    const { id } = await create()
    const answers = await Promise.all([post(`/${id}/suspend`), post(`/${id}/suspend`), post(`/${id}/suspend`)])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409])
  })

  it('I-6 its owner is a member of the workspace', async () => {
    const member = await auth.ask('POST', '/members', {
      as: mine,
      body: { email: 'owner@example.com', role: 'viewer' },
    })
    const stranger = await auth.ask('POST', '/members', {
      as: theirs,
      body: { email: 'other@example.com', role: 'viewer' },
    })
    expect((await create({ owner_user_id: member.body['user_id'] }))['owner_user_id']).toBe(member.body['user_id'])
    for (const owner_user_id of [stranger.body['user_id'], unknown])
      expect((await post('', { name: 'x', owner_user_id })).body).toMatchObject({
        status: 404,
        code: 'member.not_found',
      })
  })

  it('I-4 an agent of another workspace is not there, whatever is asked of it', async () => {
    const { id } = await create()
    const credential = (await post(`/${id}/credentials`)).body['id']
    const budget = (await post(`/${id}/budgets`, { period: 'day', token_limit: 5 })).body['id']
    const routes = [
      ['GET', ''],
      ['PATCH', ''],
      ['POST', '/suspend'],
      ['POST', '/reinstate'],
      ['POST', '/revoke'],
      ['GET', '/credentials'],
      ['POST', '/credentials'],
      ['POST', `/credentials/${credential}/rotate`],
      ['DELETE', `/credentials/${credential}`],
      ['GET', '/budgets'],
      ['POST', '/budgets'],
      ['DELETE', `/budgets/${budget}`],
    ] as const
    for (const as of [theirs, callerOf(theirs, resourceScopes)])
      for (const [method, path] of routes)
        for (const body of method === 'GET' ? [undefined] : [undefined, { nonsense: 1 }, '{broken'])
          expect((await auth.ask(method, `/agents/${id}${path}`, { as, body })).body).toMatchObject({
            status: 404,
            code: 'agent.not_found',
          })
    expect((await auth.ask('GET', `/agents?parent_agent_id=${id}`, { as: theirs })).body['data']).toEqual([])
    expect((await get(id))['status']).toBe('active')
  })

  it('I-6 lists newest first, by state and by parent', async () => {
    const workspace = await auth.workspace()
    const make = async (body: object) => (await post('', { name: 'x', ...body }, workspace)).body['id'] as string
    const top = await make({})
    const subs = [await make({ parent_agent_id: top }), await make({ parent_agent_id: top })].reverse()
    await post(`/${subs[0]}/suspend`, undefined, workspace)
    const ids = async (query: string) => {
      const { body } = await auth.ask('GET', `/agents?${query}`, { as: workspace })
      return [body['data'].map(({ id }: { id: string }) => id), body['next_cursor']]
    }
    expect(await ids('')).toEqual([[...subs, top], null])
    expect(await ids(`parent_agent_id=${top}`)).toEqual([subs, null])
    expect(await ids('status=suspended')).toEqual([[subs[0]], null])
    const [first, cursor] = await ids('limit=2')
    expect(first).toEqual(subs)
    expect(await ids(`limit=2&cursor=${cursor}`)).toEqual([[top], null])
  })

  it.each([
    ['no name', {}, 'name'],
    ['a NUL in the purpose', { name: 'x', purpose: 'a\u0000b' }, 'purpose'],
    ['a NUL in a model', { name: 'x', allowed_models: ['\u0000'] }, 'allowed_models[0]'],
    ['an unknown risk class', { name: 'x', risk_class: 'low' }, 'risk_class'],
    ['a scope that there is not', { name: 'x', scopes: ['all'] }, 'scopes[0]'],
    ['a parent that is no id', { name: 'x', parent_agent_id: 'top' }, 'parent_agent_id'],
    ['an unknown field', { name: 'x', status: 'revoked' }, 'status'],
  ])('I-6 refuses an agent with %s, naming the field', async (_, body, field) => {
    expect((await post('', body)).body).toMatchObject({
      status: 400,
      code: 'request.invalid',
      errors: [{ in: 'body', field }],
    })
  })

  it.each([
    ['no limit', { period: 'day' }, ''],
    ['two limits', { period: 'day', token_limit: 1, amount_limit_nanos: '1', currency: 'USD' }, ''],
    ['an amount without its currency', { period: 'day', amount_limit_nanos: '1' }, 'currency'],
    [
      'an amount that no column holds',
      { period: 'day', amount_limit_nanos: '9999999999999999999', currency: 'USD' },
      'amount_limit_nanos',
    ],
    ['a limit of nothing', { period: 'day', token_limit: 0 }, 'token_limit'],
    ['an unknown period', { period: 'year', token_limit: 1 }, 'period'],
    ['an unknown field', { period: 'day', token_limit: 1, cap: true }, 'cap'],
  ])('I-6 refuses a budget with %s, naming the field', async (_, body, field) => {
    const { id } = await create()
    expect((await post(`/${id}/budgets`, body)).body).toMatchObject({ status: 400, errors: [{ in: 'body', field }] })
  })

  it('I-6 refuses a patch with a field that it does not change, and changes only what it names', async () => {
    const agent = await create({ purpose: 'before', allowed_tools: ['t'] })
    const patch = (body: unknown) => auth.ask('PATCH', `/agents/${agent['id']}`, { as: mine, body })
    for (const field of ['parent_agent_id', 'status', 'id'])
      expect((await patch({ [field]: null })).body).toMatchObject({ status: 400, errors: [{ field }] })
    expect((await patch({ purpose: 'after' })).body).toEqual({ ...agent, purpose: 'after' })
  })
})
