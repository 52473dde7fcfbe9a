import { type BillAnswer, billSchema, planSchema } from '@portitor/contracts'
import { Database } from '@portitor/postgres'
import { describeWith, until } from '@portitor/testing'
import { openTenantsWorld, type TenantsWorld } from './tenants-world.fixture.ts'

/** $20 and $15 for each seat by days, $5 for each agent; outcomes at $0.80, $5 at least; 1 M tokens for each agent, then $0.40 for each million; $3 for each agent on GPUs and $1 a second; $200 at least in all. */
const team = planSchema.parse({
  id: 'team',
  name: 'Team',
  currency: 'USD',
  fees: [
    { id: 'base', per: 'workspace', price: { model: 'flat', amount: '20', due: 'in_advance' }, prorated: true },
    { id: 'seats', per: 'seat', price: { model: 'flat', amount: '15', due: 'in_advance' }, prorated: true },
    { id: 'agents', per: 'active_agent', price: { model: 'flat', amount: '5', due: 'in_arrears' } },
  ],
  charges: [
    {
      id: 'outcomes',
      meters: ['outcome:*'],
      price: { model: 'outcome', amount: '0.80', dispute_days: 3_650 },
      amount: { min: { amount: '5' } },
    },
    {
      id: 'tokens',
      meters: ['input_tokens', 'output_tokens'],
      together: true,
      scope: 'agent',
      quantity: { free: { units: '1000000', per: 'agent' } },
      price: { model: 'per_unit', rate: '0.40', per: '1000000' },
    },
    {
      id: 'gpus',
      meters: ['gpu_seconds'],
      scope: 'agent',
      price: {
        model: 'graduated',
        per: '1',
        tiers: [{ up_to: null, rate: '1', flat_amount: '3' }],
        first_flat: 'every_period',
      },
    },
  ],
  commitment: { amount: '200' },
})

describeWith(['postgres'], 'the bill of a period, in the whole system', () => {
  let world: TenantsWorld
  let workspaceId: string
  let customerKey: string
  const agents: string[] = []

  const asOperator = async (path: string, body: unknown, status = 201) => {
    const inside = path === '/api/v1/workspaces' ? undefined : workspaceId
    const answer = await world.ask('POST', path, { key: world.operatorKey, workspaceId: inside, body })
    if (answer.status !== status) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`)
    return answer.body
  }
  const bill = async (period?: string): Promise<BillAnswer> => {
    const query = period === undefined ? '' : `?period=${encodeURIComponent(period)}`
    const { status, body, text } = await world.ask('GET', `/api/v1/pricing/bill${query}`, { key: customerKey })
    if (status !== 200) throw new Error(text)
    return billSchema.parse(body)
  }
  const amounts = ({ lines }: BillAnswer) => lines.map(({ kind, id, amount_nanos }) => [kind, id, amount_nanos])
  const usageOf = ({ lines }: BillAnswer) =>
    new Map(lines.filter(({ kind }) => kind === 'usage').map(({ id, amount_nanos }) => [id, amount_nanos]))
  /** What the ledger has earned by charge in March, in the period's own accounts. */
  const earned = async () => {
    const { body } = await world.ask('GET', '/api/v1/ledger/balances', { key: customerKey })
    const accounts = body['data'] as { account: string; balance_nanos: string }[]
    const own = accounts.filter(({ account }) => /^revenue:\w+:2026-03$/.test(account))
    return new Map(own.map(({ account, balance_nanos }) => [account.split(':')[1]!, String(-BigInt(balance_nanos))]))
  }
  const send = async (id: string, data: object) => {
    const event = { specversion: '1.0', source: 'spec', id, time: '2026-03-20T10:00:00.000Z' }
    const type = 'outcome' in data ? 'outcome.achieved' : 'gpu_seconds' in data ? 'resource.used' : 'tokens.consumed'
    const { status, text } = await world.ask('POST', '/api/v1/metering/events', {
      key: customerKey,
      body: [{ ...event, type, data }],
      headers: { 'content-type': 'application/cloudevents-batch+json' },
    })
    if (status !== 202) throw new Error(text)
  }

  beforeAll(async () => {
    world = await openTenantsWorld()
    workspaceId = (await asOperator('/api/v1/workspaces', { name: 'Acme' }))['id'] as string
    const scopes = ['billing:read', 'billing:write', 'ledger:read', 'metering:write']
    customerKey = (await asOperator('/api/v1/api_keys', { name: 'finance', scopes }))['key'] as string
    for (const name of ['a', 'b']) {
      const agent = { name, owner_license_id: 'x', purpose: 'spec' }
      agents.push((await asOperator('/api/v1/agents', agent))['id'] as string)
    }
    await asOperator('/api/v1/pricing/plans/team/versions', { content: team })
    await asOperator('/api/v1/pricing/plans/team/versions/1/publish', {}, 200)
  })
  afterAll(() => world.end())

  it('B-8 before any subscription: the current month by the price book, nothing in it', async () => {
    expect(await bill()).toMatchObject({
      subscription_id: null,
      plan: null,
      status: 'open',
      lines: [],
      total_nanos: '0',
    })
  })

  it('B-8 says what a subscriber’s period comes to, worked out by hand, and its usage is what the ledger earned', async () => {
    const start = { plan: 'team', version: 1, starts_at: '2026-02-01T00:00:00Z', seats: 4, backdate: true }
    const { id } = await asOperator('/api/v1/subscriptions', start)
    const more = { seats: 6, when: '2026-03-16T00:00:00Z', backdate: true }
    await asOperator(`/api/v1/subscriptions/${String(id)}/change`, more, 200)
    await until(async () => (await bill('2026-03')).lines.some(({ text }) => text?.startsWith('6 seats') === true))

    const tokens = { provider: 'openai', model: 'gpt-4o' }
    await send('t1', { ...tokens, agent_id: agents[0], input_tokens: 1_500_000, output_tokens: 500_000 })
    await send('t2', { ...tokens, agent_id: agents[0], input_tokens: 1_000_000, output_tokens: 0 })
    await send('t3', { ...tokens, agent_id: agents[1], input_tokens: 400_000, output_tokens: 100_000 })
    for (const [n, agent_id] of [...agents, agents[0]].entries()) await send(`g${n}`, { gpu_seconds: 1, agent_id })
    for (const [n, success] of [true, true, false, true].entries())
      await send(`o${n}`, { outcome: 'ticket_solved', success, agent_id: agents[0] })

    // 3 M tokens of one agent less its million: $0.80; half a million of the other: nothing. Three outcomes: $2.40 of $5.
    const expected = new Map([
      ['gpus', '3000000000'],
      ['outcomes', '2400000000'],
      ['tokens', '800000000'],
    ])
    const posted = (amounts: ReadonlyMap<string, string>) => JSON.stringify([...amounts].sort())
    await until(async () => posted(await earned()) === posted(expected))
    const made = await bill('2026-03')
    expect(usageOf(made)).toEqual(expected)
    // 15 of 31 days of $20 and 4 × $15, 16 of them of $20 and 6 × $15; two agents.
    expect(amounts(made)).toEqual([
      ['fee', 'base', '9677419355'],
      ['fee', 'seats', '29032258065'],
      ['fee', 'base', '10322580645'],
      ['fee', 'seats', '46451612903'],
      ['fee', 'agents', '10000000000'],
      ['usage', 'gpus', '3000000000'],
      ['usage', 'outcomes', '2400000000'],
      ['usage', 'tokens', '800000000'],
      ['fee', 'gpus', '6000000000'],
      ['minimum', 'outcomes', '2600000000'],
      ['commitment', 'commitment', '79716129032'],
    ])
    expect(made).toMatchObject({
      workspace_id: workspaceId,
      period: '2026-03',
      starts_at: '2026-03-01T00:00:00.000Z',
      ends_at: '2026-04-01T00:00:00.000Z',
      status: 'over',
      subscription_id: id,
      plan: { plan: 'team', version: 1, state: 'active', seats: 6, add_ons: [] },
      currency: 'USD',
      total_nanos: '200000000000',
    })
    expect(await bill('2026-03-31T23:30:00-00:15')).toEqual(made)
  })

  it('B-8 R-9 a dispute moves the usage in bill and ledger alike, and the commitment keeps the total', async () => {
    await asUser('/api/v1/metering/disputes', { source: 'spec', id: 'o0', reason: 'reopened' })
    await until(async () => (await earned()).get('outcomes') === '1600000000')
    const made = await bill('2026-03')
    expect(usageOf(made)).toEqual(await earned())
    expect(made.total_nanos).toBe('200000000000')
  })
  const asUser = async (path: string, body: unknown) => {
    const answer = await world.ask('POST', path, { key: customerKey, body })
    if (answer.status !== 200) throw new Error(answer.text)
  }

  it('B-8 M-8 keeps the bill of a closed period to the letter, and bills what comes after it where it was received', async () => {
    await asOperator('/api/v1/pricing/periods/2026-03/close', {}, 200)
    const closed = await bill('2026-03')
    expect(closed).toMatchObject({ status: 'closed', total_nanos: '200000000000' })
    const tokens = { provider: 'openai', model: 'gpt-4o', output_tokens: 0 }
    // Half a million that were free, another half that is not; and an agent that nobody had seen in March.
    await send('late-1', { ...tokens, agent_id: agents[1], input_tokens: 1_000_000 })
    const third = { name: 'c', owner_license_id: 'x', purpose: 'spec' }
    agents.push((await asOperator('/api/v1/agents', third))['id'] as string)
    await send('late-2', { gpu_seconds: 1, agent_id: agents[2] })
    const adjustments = (current: BillAnswer) =>
      current.lines
        .filter(({ kind }) => kind === 'adjustment')
        .map(({ id, plan, amount_nanos, text }) => [id, plan, amount_nanos, text])
    const late = 'usage of 2026-03 that was rated after its close'
    await until(async () => adjustments(await bill()).length === 2)
    expect(adjustments(await bill())).toEqual([
      ['gpus', 'team', '1000000000', late],
      ['tokens', 'team', '200000000', late],
    ])
    expect(await bill('2026-03')).toEqual(closed)
    expect(await earned()).toEqual(usageOf(closed))
    const { period } = await bill()
    const { body } = await world.ask('GET', '/api/v1/ledger/balances', { key: customerKey })
    const accounts = body['data'] as { account: string; balance_nanos: string }[]
    expect(accounts.find(({ account }) => account === `revenue:tokens:${period}:2026-03`)?.balance_nanos).toBe(
      '-200000000',
    )
  })

  it('B-8 refuses a name that is no period, and what is no instant', async () => {
    const ask = (period: string) => world.ask('GET', `/api/v1/pricing/bill?period=${period}`, { key: customerKey })
    expect(await ask('2026-03-15')).toMatchObject({ status: 404, body: { code: 'period.not_found' } })
    for (const period of ['2026-13', '2026-02-30', 'march', '9999-01'])
      expect(await ask(period)).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
  })

  it('M-8 closes no period whose name is no instant', async () => {
    for (const period of ['2026-13', '2026-02-30', '9999-01']) {
      const path = `/api/v1/pricing/periods/${period}/close`
      const answer = await world.ask('POST', path, { key: world.operatorKey, workspaceId, body: {} })
      expect([period, answer.status, answer.body['code']]).toEqual([period, 400, 'request.invalid'])
    }
  })

  it('A-9 the database itself shows a tenant its price counters, no cost, and nobody else’s', async () => {
    const database = new Database({ url: world.databaseUrl, connectionsMax: 1, applicationName: 'spec' })
    const seen = async (workspace: string) => {
      const { rows } = await database.asTenant(workspace, (tx) =>
        tx.query<{ side: string }>('select distinct side from rating.charge_counters'),
      )
      return rows.map(({ side }) => side)
    }
    try {
      const { rows } = await database.query('select distinct side from rating.charge_counters')
      expect(rows).toHaveLength(2)
      expect(await seen(workspaceId)).toEqual(['price'])
      expect(await seen('0198f3a2-5b1c-7d3e-8f00-6a1b2c3d4e5f')).toEqual([])
    } finally {
      await database.close()
    }
  })
})
