import { planSchema, subscriptionStateSchema } from '@portitor/contracts'
import { describeWith } from '@portitor/testing'
import { openTenantsWorld, type TenantsWorld } from './tenants-world.fixture.ts'

const pro = planSchema.parse({
  id: 'pro',
  name: 'Pro',
  currency: 'USD',
  fees: [{ id: 'base', per: 'workspace', price: { model: 'flat', amount: '49', due: 'in_advance' }, prorated: true }],
  charges: [{ id: 'calls', meters: ['requests'], price: { model: 'per_unit', rate: '0.01', per: '1' } }],
  trial_days: 14,
})
const rebate = { id: 'base', per: 'workspace', price: { model: 'flat', amount: '39', due: 'in_advance' } }

describeWith(['postgres'], 'a plan that is subscribed to, in the whole system', () => {
  let world: TenantsWorld
  let workspaceId: string
  let customerKey: string
  beforeAll(async () => {
    world = await openTenantsWorld()
    workspaceId = (await asOperator('/api/v1/workspaces', { name: 'Acme' }))['id'] as string
    const scopes = ['billing:read', 'billing:write']
    customerKey = (await asOperator('/api/v1/api_keys', { name: 'finance', scopes }))['key'] as string
    await asOperator('/api/v1/pricing/plans/pro/versions', { content: pro })
  })
  afterAll(() => world.end())
  const ask = (path: string, body: unknown, key = world.operatorKey) =>
    world.ask('POST', path, { key, workspaceId: path === '/api/v1/workspaces' ? undefined : workspaceId, body })
  const asOperator = async (path: string, body: unknown) => {
    const answer = await ask(path, body)
    if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`)
    return answer.body
  }

  it('B-2 is published by rating before anybody subscribes to it, with overrides of what it has and its own trial', async () => {
    const subscribe = (more: object = {}) => ask('/api/v1/subscriptions', { plan: 'pro', ...more })
    expect(await subscribe()).toMatchObject({ status: 422, body: { code: 'subscription.version_unknown' } })
    expect((await ask('/api/v1/pricing/plans/pro/versions/1/publish', {})).status).toBe(200)
    expect(await subscribe({ overrides: { fees: [{ ...rebate, id: 'seat' }] } })).toMatchObject({
      status: 422,
      body: { code: 'subscription.terms_invalid', errors: [{ field: 'overrides.fees' }] },
    })
    expect(await ask('/api/v1/subscriptions', { plan: 'enterprise' })).toMatchObject({
      status: 422,
      body: { code: 'subscription.plan_unknown' },
    })
    const { status, body } = await subscribe({ version: 1, overrides: { fees: [rebate] } })
    expect(status).toBe(201)
    const { starts_at, trial_ends_at, phases } = subscriptionStateSchema.parse(body)
    expect(Date.parse(trial_ends_at!) - Date.parse(starts_at)).toBe(14 * 86_400_000)
    expect(phases.map(({ plan, version, state }) => [plan, version, state])).toEqual([
      ['pro', 1, 'trial'],
      ['pro', 1, 'active'],
    ])
  })

  it('B-2 a customer reads its own subscription and changes nothing, whatever its scopes', async () => {
    const { body } = await world.ask('GET', '/api/v1/subscriptions', { key: customerKey })
    const [{ id }] = body['data'] as [{ id: string }]
    expect((await world.ask('GET', `/api/v1/subscriptions/${id}`, { key: customerKey })).status).toBe(200)
    for (const path of ['', `/${id}/change`, `/${id}/pause`, `/${id}/resume`, `/${id}/cancel`, `/${id}/withdraw`])
      expect(await ask(`/api/v1/subscriptions${path}`, { when: 'now' }, customerKey)).toMatchObject({
        status: 403,
        body: { code: 'operator.only' },
      })
  })
})
