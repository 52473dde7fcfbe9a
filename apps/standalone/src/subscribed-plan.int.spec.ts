import { planSchema, subscriptionStateSchema } from '@portitor/contracts'
import { describeWith, until } from '@portitor/testing'
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

  it('R-11 B-2 a subscriber’s event is explained by its plan, with the transfers of the ledger and of its dispute', async () => {
    const { id: buyer } = await asOperator('/api/v1/workspaces', { name: 'Buyer' })
    const of = { key: world.operatorKey, workspaceId: buyer as string }
    const outcomes = planSchema.parse({
      ...pro,
      id: 'outcomes',
      trial_days: undefined,
      charges: [
        { id: 'meetings', meters: ['outcome:*'], price: { model: 'outcome', amount: '1.20', dispute_days: 14 } },
      ],
    })
    await asOperator('/api/v1/pricing/plans/outcomes/versions', { content: outcomes })
    await ask('/api/v1/pricing/plans/outcomes/versions/1/publish', {})
    const subscription = { plan: 'outcomes', starts_at: '2026-01-01T00:00:00Z', backdate: true }
    expect((await world.ask('POST', '/api/v1/subscriptions', { ...of, body: subscription })).status).toBe(201)
    const estimate = { type: 'outcome.achieved', outcome: 'meeting_booked' }
    await until(async () => {
      const { body } = await world.ask('POST', '/api/v1/pricing/estimate', { ...of, body: estimate })
      return body['price_nanos'] === '1200000000'
    }, 'rating to know the subscription')
    await world.ask('POST', '/api/v1/metering/events', {
      ...of,
      body: {
        specversion: '1.0',
        ...{ id: 'm-1', source: 'crm', type: 'outcome.achieved' },
        data: { outcome: 'meeting_booked', success: true },
      },
      headers: { 'content-type': 'application/cloudevents+json' },
    })
    const explained = async () => (await world.ask('GET', '/api/v1/pricing/explain/m-1?source=crm', of)).body
    await until(async () => ((await explained())['transfers'] as unknown[] | undefined)?.length === 1, 'the posting')
    expect(await explained()).toMatchObject({
      price_nanos: '1200000000',
      subscription_id: expect.any(String),
      lines: [
        {
          charge: 'meetings',
          plan: 'outcomes',
          version: 1,
          q0: '0',
          q1: '1',
          rate: '1.20',
          amount_nanos: '1200000000',
          text: '1 at $1.20 each that qualifies: owed $1.20. Charge meetings, plan outcomes version 1.',
        },
      ],
      transfers: [{ charge: 'meetings', amount_nanos: '1200000000' }],
    })
    const dispute = { source: 'crm', id: 'm-1', reason: 'no-show' }
    const disputed = await world.ask('POST', '/api/v1/metering/disputes', { ...of, body: dispute })
    expect([disputed.status, disputed.body['price_nanos']]).toEqual([200, '-1200000000'])
    await until(async () => ((await explained())['transfers'] as unknown[] | undefined)?.length === 2, 'the reversal')
    const { price_nanos, corrections, transfers } = await explained()
    expect({ price_nanos, corrections }).toMatchObject({
      price_nanos: '0',
      corrections: [{ revision: 1, reason: 'disputed: no-show', reversed_nanos: '-1200000000', price_nanos: '0' }],
    })
    const [posted, reversal] = transfers as { debit_account: string; credit_account: string }[]
    expect([reversal!.debit_account, reversal!.credit_account]).toEqual([posted!.credit_account, posted!.debit_account])
  })
})
