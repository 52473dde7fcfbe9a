import {
  accountPageSchema,
  balancePageSchema,
  ledgerEndpoints,
  ledgerPageSchema,
  ledgerPositionsSchema,
  ledgerTransferSchema,
  serviceEndpoints,
  usageRatedTopic,
} from '@portitor/contracts'
import { compareRoutes } from '@portitor/service'
import { describeWith, until } from '@portitor/testing'
import { acme, at, idsOf, other, start, type LedgerApi, openLedgerApi } from './ledger-api.fixture.ts'
import { ratedUsage, WORKSPACES } from './rated-usage.fixture.ts'

describeWith(['postgres'], 'the ledger API', () => {
  let api: LedgerApi
  beforeAll(async () => {
    api = await openLedgerApi()
  })
  afterAll(() => api.close())

  it('X-4 serves exactly what is declared', () => {
    expect(compareRoutes(api.service.routes, [...ledgerEndpoints, ...serviceEndpoints])).toEqual({
      undeclared: [],
      missing: [],
    })
  })

  it('L-8 lists transfers newest first with everything that explains them', async () => {
    const { data, next_cursor } = await api.list()
    expect(next_cursor).toBeNull()
    expect(data).toHaveLength(12 * 3 + 4 * 2 + 2)
    const times = data.map(({ effective_at }) => effective_at)
    expect(times).toEqual([...times].sort().reverse())
    expect(data.find(({ event_id, charge }) => event_id === 'acme-3' && charge === 'tokens')).toEqual({
      id: expect.stringMatching(/^018bcb/),
      workspace_id: acme,
      code: 'usage.price',
      charge: 'tokens',
      debit_account: 'receivable:2023-11',
      credit_account: 'revenue:tokens:2023-11',
      amount_nanos: '103',
      currency: 'USD',
      price_version: 3,
      source: 'spec',
      event_id: 'acme-3',
      effective_at: at(3),
      recorded_at: '2023-11-14T22:14:00.000Z',
      agent_id: 'odd',
      user_id: 'u',
      workflow: 'triage',
      model: 'gpt-4o',
      provider: 'openai',
      metadata: { team: 'red' },
    })
  })

  it.each([
    ['agent_id=even', 6 * 3],
    ['agent=even', 6 * 3],
    ['user_id=u', 12 * 3],
    ['user=u', 12 * 3],
    ['workflow=triage', 12 * 3],
    ['model=gpt-4o-mini', 6 * 3],
    ['provider=anthropic', 4 * 2],
    ['charge=requests', 12],
    ['code=usage.cost', 12 + 4 + 1],
    ['action=usage.price', 12 * 2 + 4 + 1],
    [`from=${at(10)}`, 2 * 3 + 2],
    [`to=${at(1)}`, 3 + 2],
    [`from=${at(3)}&to=${at(4)}`, 3 + 2],
    [`workspace_id=${other}`, 4 * 2],
    [`workspace_id=${other.toUpperCase()}&code=usage.cost`, 4],
    ['agent_id=even&model=gpt-4o&code=usage.price&charge=tokens', 3],
    ['agent_id=nobody', 0],
    ['from=1960-01-01T00:00:00Z&to=1970-01-01T00:00:00Z', 0],
  ])('L-8 filters by %s', async (query, count) => {
    expect((await api.list(query)).data).toHaveLength(count)
  })

  it.each([undefined, acme])(
    'L-8 pages without repeating or leaving out anything, also while more is posted (%s)',
    async (workspace) => {
      const whole = idsOf((await api.list('', workspace)).data)
      const paged: string[] = []
      let cursor: string | null = ''
      for (let page = 0; cursor !== null; page += 1) {
        const { status, body }: Awaited<ReturnType<LedgerApi['read']>> = await api.read(
          `/ledger?limit=4${cursor === '' ? '' : `&cursor=${cursor}`}`,
          workspace,
        )
        expect(status).toBe(200)
        const { data, next_cursor } = ledgerPageSchema.parse(body)
        paged.push(...idsOf(data))
        cursor = next_cursor
        await api.post([
          ratedUsage({ price: { tokens: 1n } }, { id: `late-${workspace}-${page}`, time: at(100 - 7 * page) }),
        ])
      }
      const stood = new Set(whole)
      expect(paged.filter((id) => stood.has(id))).toEqual(whole)
      expect(new Set(paged).size).toBe(paged.length)
      expect(paged).toEqual([...paged].sort().reverse())
    },
  )

  it('L-8 reads one transfer, to a customer only if it may see it', async () => {
    const { data } = await api.list(`workspace_id=${acme}&to=${at(1)}`)
    const price = data.find(({ charge }) => charge === 'tokens')!
    const cost = data.find(({ code }) => code === 'usage.cost')!
    expect(ledgerTransferSchema.parse((await api.read(`/ledger/transfers/${price.id}`)).body)).toEqual(price)
    expect((await api.read(`/ledger/transfers/${price.id}`, acme)).body).toEqual(price)
    expect((await api.read(`/ledger/transfers/${cost.id}`)).body).toEqual(cost)
    const hidden = { status: 404, body: expect.objectContaining({ code: 'transfer.not_found' }) }
    expect(await api.read(`/ledger/transfers/${cost.id}`, acme)).toEqual(hidden)
    expect(await api.read(`/ledger/transfers/${price.id}`, other)).toEqual(hidden)
    expect(await api.read('/ledger/transfers/018bcfe5-6800-8e09-a34b-b3d6990145c3')).toEqual(hidden)
  })

  it('M-13 finds the transfers of an event by its time and charges', async () => {
    const time = Date.parse(at(3))
    const path = `/ledger/transfers?source=spec&id=acme-3&time=${time}`
    const found = ledgerPageSchema.parse((await api.read(path, acme)).body)
    expect(found.data.map(({ charge }) => charge).sort()).toEqual(['requests', 'tokens'])
    const all = ledgerPageSchema.parse((await api.read(`${path}&workspace_id=${acme}`)).body)
    expect(all.data.map(({ code }) => code).sort()).toEqual(['usage.cost', 'usage.price', 'usage.price'])
    expect((await api.read(path, other)).body).toEqual({ data: [], next_cursor: null })
    expect((await api.read(`/ledger/transfers?source=spec&id=free&time=${Date.parse(at(12))}`, acme)).body).toEqual({
      data: [],
      next_cursor: null,
    })
    expect(await api.read(path)).toMatchObject({ status: 400, body: { code: 'workspace.required' } })
  })

  it('L-8 lists accounts and balances, page by page', async () => {
    const accounts = accountPageSchema.parse((await api.read('/ledger/accounts')).body).data
    expect(accounts.filter(({ workspace_id }) => workspace_id === acme).map(({ account }) => account)).toEqual([
      'cogs:openai',
      'provider_payable:openai',
      'receivable:2023-11',
      'revenue:requests:2023-11',
      'revenue:tokens:2023-11',
    ])
    const paged: unknown[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body } = await api.read(`/ledger/accounts?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
      const { data, next_cursor } = accountPageSchema.parse(body)
      paged.push(...data)
      cursor = next_cursor
    }
    expect(paged).toEqual(accounts)
    const mine = balancePageSchema.parse((await api.read('/ledger/balances', other)).body).data
    expect(mine).toEqual([
      {
        workspace_id: other,
        account: 'receivable:2023-11',
        currency: 'USD',
        debits_posted_nanos: '28',
        credits_posted_nanos: '0',
        balance_nanos: '28',
        debits_pending_nanos: '0',
        credits_pending_nanos: '0',
      },
      expect.objectContaining({ account: 'revenue:tokens:2023-11', balance_nanos: '-28' }),
    ])
  })

  it('L-8 reads balances as they were at a point in time, by effective time (PT-03)', async () => {
    const receivable = async (instant: string) => {
      const { body } = await api.read(`/ledger/balances?at=${instant}`, acme)
      const { data } = balancePageSchema.parse(body)
      expect(data.some((balance) => 'debits_pending_nanos' in balance)).toBe(false)
      return data.find(({ account }) => account === 'receivable:2023-11')
    }
    expect(await receivable(at(-1))).toMatchObject({ debits_posted_nanos: '0', balance_nanos: '0' })
    expect(await receivable(at(0))).toMatchObject({ balance_nanos: '101' })
    expect(await receivable(new Date(start - 1).toISOString())).toMatchObject({ balance_nanos: '0' })
    expect(await receivable(at(2))).toMatchObject({ balance_nanos: String(101 + 102 + 103) })
    expect(await receivable(at(13))).toMatchObject({
      credits_posted_nanos: '20',
      balance_nanos: String(12 * 101 + 66 - 20),
    })
    const { body } = await api.read(`/ledger/balances?at=${at(1)}&workspace_id=${acme}`)
    expect(balancePageSchema.parse(body).data.find(({ account }) => account === 'cogs:openai')).toMatchObject({
      balance_nanos: '101',
    })
  })

  it('L-8 streams what the list shows as CSV and as JSON lines', async () => {
    for (const workspace of [undefined, acme]) {
      const { data } = await api.list('model=gpt-4o', workspace)
      const lines = await api.ask('/ledger/export?model=gpt-4o', workspace)
      expect(lines).toMatchObject({ status: 200, type: 'application/x-ndjson' })
      expect(
        lines.text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as unknown),
      ).toEqual(data)
      const csv = await api.ask('/ledger/export?format=csv&model=gpt-4o', workspace)
      expect(csv).toMatchObject({ status: 200, type: 'text/csv; charset=utf-8' })
      expect(
        csv.text
          .trim()
          .split('\r\n')
          .slice(1)
          .map((line) => line.split(',')[0]),
      ).toEqual(idsOf(data))
    }
    expect((await api.ask('/ledger/export?agent=nobody')).text).toBe('')
  })

  it('L-8 exports more than one page without holding it', async () => {
    const many = Array.from({ length: 2_600 }, (_, n) =>
      ratedUsage({ price: { tokens: 1n } }, { id: `many-${n}`, workspace_id: WORKSPACES[2], time: at(200 + n) }),
    )
    await api.post(many)
    const { text } = await api.ask('/ledger/export?format=csv', WORKSPACES[2])
    const ids = text
      .trim()
      .split('\r\n')
      .slice(1)
      .map((line) => line.split(',')[0])
    expect(ids).toHaveLength(2_600)
    expect(ids).toEqual([...ids].sort().reverse())
  })

  it('L-11 says how far each partition is posted', async () => {
    expect((await api.read('/ledger/positions')).body).toEqual({
      data: [0, 1, 2, 3].map((partition) => ({ partition, sequence: null })),
    })
    const value = JSON.stringify({ events: [ratedUsage({ price: { tokens: 1n } }, { id: 'posted', time: at(0) })] })
    await api.bus.append([{ topic: usageRatedTopic, key: null, partition: 2, value }])
    let sequence: string | null | undefined = null
    await until(async () => {
      const { data } = ledgerPositionsSchema.parse((await api.read('/ledger/positions')).body)
      sequence = data[2]?.sequence
      return sequence !== null
    })
    expect(sequence).toBe('0')
  })
})
