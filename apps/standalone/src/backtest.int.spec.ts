import {
  type BacktestAnswer,
  backtestAnswerSchema,
  type BacktestWorkspace,
  backtestWorkspaceSchema,
  balancePageSchema,
  planSchema,
  reconciliationSchema,
  reratingSchema,
} from '@portitor/contracts'
import { describeWith, until } from '@portitor/testing'
import { openTenantsWorld, type TenantsWorld } from './tenants-world.fixture.ts'

const month = { from: '2026-03-01T00:00:00.000Z', to: '2026-04-01T00:00:00.000Z' }
const eventsPerWorkspace = 48

/** One charge of each kind whose amount comes about differently, and one that asks for an attribute without a column. */
const plan = (change: { rate: string; meeting: string; days: number; percent: string }) =>
  planSchema.parse({
    id: 'pro',
    name: 'Pro',
    currency: 'USD',
    otherwise: 'price_book',
    fees: [],
    charges: [
      {
        id: 'streamed',
        meters: ['output_tokens'],
        filter: { stream: 'true' },
        price: { model: 'per_unit', rate: change.rate, per: '1000' },
      },
      { id: 'input', meters: ['input_tokens'], price: tiers(change.rate) },
      {
        id: 'meetings',
        meters: ['outcome:meeting_booked'],
        price: { model: 'outcome', amount: change.meeting, share_percent: '1.5', dispute_days: change.days },
      },
      {
        id: 'payments',
        meters: ['outcome:paid'],
        price: { model: 'percentage', percent: change.percent, fixed: '0.1', free_events: 2 },
      },
      { id: 'saved', meters: ['outcome:saved'], price: { model: 'cost_plus', margin_percent: '12.5' } },
    ],
  })
const tiers = (rate: string) => ({
  model: 'graduated',
  per: '1000',
  tiers: [
    { up_to: '9000', rate },
    { up_to: null, rate: '0.7' },
  ],
})

describeWith(['postgres'], 'a back-test, in the whole system', () => {
  let world: TenantsWorld
  const workspaces: string[] = []
  beforeAll(async () => {
    world = await openTenantsWorld()
    for (const name of ['acme', 'globex', 'initech'])
      workspaces.push((await post('/api/v1/workspaces', { name }))['id'] as string)
    await post('/api/v1/pricing/plans/pro/versions', {
      content: plan({ rate: '3', meeting: '1.20', days: 14, percent: '2' }),
    })
    await post('/api/v1/pricing/plans/pro/versions/1/publish', {
      effective_from: '2026-01-01T00:00:00Z',
      backdate: true,
    })
    await subscribe(workspaces[1]!)
    for (const workspaceId of workspaces) await sendUsage(workspaceId)
    await until(async () => (await reconciliation()).posted === workspaces.length * eventsPerWorkspace)
    await settled()
    // Disputed after ten days: within the window of the plan, and not within that of its draft.
    await ask('POST', '/api/v1/metering/disputes', workspaces[1], {
      source: 'spec',
      id: 'e3',
      at: '2026-04-01T10:00:00Z',
      reason: 'no such meeting',
    })
    await settled()
  })
  afterAll(() => world.end())

  const ask = async (
    method: string,
    path: string,
    workspaceId?: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => {
    const answer = await world.ask(method, path, {
      key: world.operatorKey,
      workspaceId,
      body,
      ...(headers && { headers }),
    })
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
    return answer.body
  }
  const post = (path: string, body: unknown) => ask('POST', path, undefined, body)
  const get = (path: string) => ask('GET', path)
  const refusal = async (method: string, path: string, body?: unknown) => {
    const { status, body: problem } = await world.ask(method, path, { key: world.operatorKey, body })
    return `${status} ${problem['code'] as string}`
  }

  async function subscribe(workspaceId: string, version?: number) {
    const body = { plan: 'pro', ...(version && { version }), starts_at: month.from, backdate: true, trial_days: 0 }
    await ask('POST', '/api/v1/subscriptions', workspaceId, body)
  }

  async function sendUsage(workspaceId: string) {
    const made = await ask('POST', '/api/v1/api_keys', workspaceId, { name: 'app', scopes: ['metering:write'] })
    const events = Array.from({ length: eventsPerWorkspace }, (_, n) => ({
      specversion: '1.0',
      source: 'spec',
      id: `e${n}`,
      time: new Date(Date.UTC(2026, 2, 1 + ((n * 7) % 31), n % 24, n)).toISOString(),
      ...usageOf(n),
    }))
    // In disorder, and not in one go.
    for (const part of [events.filter((_, n) => n % 2 === 1), events.filter((_, n) => n % 2 === 0).reverse()]) {
      const { status, text } = await world.ask('POST', '/api/v1/metering/events', {
        key: made['key'] as string,
        body: part,
        headers: { 'content-type': 'application/cloudevents-batch+json' },
      })
      expect([status, text.includes(`"accepted":${part.length}`)]).toEqual([202, true])
    }
  }

  const reconciliation = async () => reconciliationSchema.parse(await get('/api/v1/reconciliation'))
  /** Nothing is under way: what was asked to be rated again is, and ledger and analytics have it. */
  async function settled() {
    await until(async () => {
      const { data } = await get('/api/v1/pricing/reratings')
      return (data as { status: string }[]).every(({ status }) => status === 'done')
    })
    await until(async () => (await reconciliation()).ok)
  }

  /** Price and cost of a workspace by its accounts. */
  async function ledger(workspaceId: string) {
    const { data } = balancePageSchema.parse(await get(`/api/v1/ledger/balances?workspace_id=${workspaceId}&limit=500`))
    const sum = (kind: string) =>
      data
        .filter(({ account }) => account.startsWith(kind))
        .reduce((total, row) => total + BigInt(row.balance_nanos), 0n)
    return { price_nanos: String(sum('receivable:')), cost_nanos: String(sum('cogs:')) }
  }
  const ledgers = async () => new Map(await Promise.all(workspaces.map(async (id) => [id, await ledger(id)] as const)))

  async function backtest(asked: object): Promise<{ answer: BacktestAnswer; rows: Map<string, BacktestWorkspace> }> {
    const { id } = await post('/api/v1/pricing/backtests', { ...month, ...asked })
    const path = `/api/v1/pricing/backtests/${id as string}`
    await until(async () => (await get(path))['status'] !== 'running')
    const answer = backtestAnswerSchema.parse(await get(path))
    expect(answer).toMatchObject({ status: 'done', error: null, progress: 1, basis: 'usage', failures: [] })
    const rows: BacktestWorkspace[] = []
    let cursor = ''
    do {
      const page = await get(`${path}/workspaces?sort=pays_more&limit=1${cursor}`)
      rows.push(...(page['data'] as object[]).map((row) => backtestWorkspaceSchema.parse(row)))
      cursor = page['next_cursor'] === null ? '' : `&cursor=${page['next_cursor'] as string}`
    } while (cursor !== '')
    const differences = rows.map(({ difference_nanos: difference }) => BigInt(difference))
    expect(differences).toEqual(differences.toSorted((left, right) => (left > right ? -1 : 1)))
    return { answer, rows: new Map(rows.map((row) => [row.workspace_id, row])) }
  }
  const sides = (rows: Map<string, BacktestWorkspace>, side: 'before' | 'after') =>
    new Map(
      workspaces.map((id) => {
        const { price_nanos, cost_nanos } = rows.get(id)![side]
        return [id, { price_nanos, cost_nanos }]
      }),
    )

  it('R-8 under what is in force comes to what the ledger has, and touches nothing', async () => {
    const before = await ledgers()
    const { answer, rows } = await backtest({})
    expect(sides(rows, 'before')).toEqual(before)
    expect(sides(rows, 'after')).toEqual(before)
    expect(answer).toMatchObject({
      events: workspaces.length * eventsPerWorkspace,
      workspaces: { replayed: 3, failed: 0, paying_more: 0, paying_less: 0, partial_periods: 0 },
      reasons: [],
    })
    expect(await ledgers()).toEqual(before)
  })

  it('R-8 under drafts of a book and a plan equals the real re-rating after they are published, to the nano by workspace', async () => {
    const content = (await get('/api/v1/pricing/books/price/versions/1'))['content'] as { charges: object[] }
    const charges = [{ id: 'in_tiers', meters: ['input_tokens'], price: tiers('5') }, ...content.charges]
    await post('/api/v1/pricing/books/price/versions', { note: 'tiers', content: { ...content, charges } })
    await post('/api/v1/pricing/plans/pro/versions', {
      content: plan({ rate: '2', meeting: '2.50', days: 5, percent: '3' }),
    })
    const before = await ledgers()
    const { answer, rows } = await backtest({ price_version: 2, plan: { plan: 'pro', version: 2 } })
    expect(sides(rows, 'before')).toEqual(before)
    expect(await ledgers()).toEqual(before)

    const publication = { effective_from: '2026-02-01T00:00:00Z', backdate: true }
    await post('/api/v1/pricing/books/price/versions/2/publish', publication)
    await post('/api/v1/pricing/plans/pro/versions/2/publish', publication)
    const { id } = await post('/api/v1/pricing/reratings', { ...month, reason: 'as back-tested' })
    await settled()
    const rerated = reratingSchema.parse(await get(`/api/v1/pricing/reratings/${id as string}`))
    expect(rerated).toMatchObject({ status: 'done', refused: 0, price_nanos: answer.totals[0]!.difference_nanos })
    const after = await ledgers()
    expect(after).not.toEqual(before)
    expect(sides(rows, 'after')).toEqual(after)
    const more = workspaces.filter((id) => BigInt(after.get(id)!.price_nanos) > BigInt(before.get(id)!.price_nanos))
    expect(answer.workspaces.paying_more).toBe(more.length)
    expect(
      [...rows.values()]
        .filter((row) => row.pays_more)
        .map((row) => row.workspace_id)
        .sort(),
    ).toEqual(more.sort())
    const total = (side: 'before' | 'after', field: 'price_nanos' | 'cost_nanos' | 'margin_nanos') =>
      String([...rows.values()].reduce((sum, row) => sum + BigInt(row[side][field]), 0n))
    for (const side of ['before', 'after'] as const)
      expect(answer.totals[0]![side]).toEqual({
        price_nanos: total(side, 'price_nanos'),
        cost_nanos: total(side, 'cost_nanos'),
        margin_nanos: total(side, 'margin_nanos'),
      })
    // What is rated now is what was tested.
    const again = await backtest({})
    expect(again.answer.totals[0]!.difference_nanos).toBe('0')
  })

  it('R-8 as if all were subscribed to a plan equals the ledger once they are', async () => {
    const { rows } = await backtest({ plan: { plan: 'pro', version: 1 }, assume: 'all', price_version: 2 })
    for (const id of [workspaces[0]!, workspaces[2]!]) await subscribe(id, 1)
    await until(async () => {
      const { data } = await get('/api/v1/pricing/reratings')
      const reasons = (data as { reason: string; status: string }[]).filter(({ reason }) =>
        reason.startsWith('subscription'),
      )
      return reasons.length >= 2 && reasons.every(({ status }) => status === 'done')
    })
    await settled()
    const after = await ledgers()
    for (const id of [workspaces[0]!, workspaces[2]!]) {
      const { price_nanos, cost_nanos } = rows.get(id)!.after
      expect({ price_nanos, cost_nanos }).toEqual(after.get(id))
    }
  })

  it('R-8 says which events the versions do not price, and that a range of half a period is one', async () => {
    const narrow = {
      id: 'narrow',
      name: 'Narrow',
      currency: 'USD',
      fees: [],
      charges: [{ id: 'input', meters: ['input_tokens', 'output_tokens'], price: tiers('1') }],
    }
    await post('/api/v1/pricing/plans/narrow/versions', { content: planSchema.parse(narrow) })
    const { answer, rows } = await backtest({
      to: '2026-03-16T00:00:00Z',
      plan: { plan: 'narrow', version: 1 },
      assume: 'all',
      workspace_ids: [workspaces[1]],
    })
    expect([...rows.keys()]).toEqual([workspaces[1]])
    const [row] = rows.values()
    expect(row).toMatchObject({ whole_periods: false, events: answer.events })
    expect(row!.refused.events).toBeGreaterThan(3)
    expect(answer).toMatchObject({
      workspaces: { replayed: 1, partial_periods: 1 },
      reasons: [{ code: 'pricing.no_charge', events: row!.refused.events }],
    })
  })

  it('R-8 refuses what cannot be replayed, is idempotent by key, and can be cancelled', async () => {
    const path = '/api/v1/pricing/backtests'
    expect(await refusal('POST', path, { from: month.to, to: month.from })).toBe('400 backtest.range_invalid')
    expect(await refusal('POST', path, { ...month, to: '2028-01-01T00:00:00Z' })).toBe('400 backtest.range_invalid')
    expect(await refusal('POST', path, { ...month, assume: 'all' })).toBe('400 backtest.no_plan')
    expect(await refusal('POST', path, { ...month, price_version: 99 })).toBe('404 book.version_not_found')
    expect(await refusal('POST', path, { ...month, plan: { plan: 'pro', version: 99 } })).toBe(
      '404 plan.version_not_found',
    )
    const nobodys = '0198f3a2-0000-7000-8000-000000000001'
    expect(await refusal('GET', `${path}/${nobodys}`)).toBe('404 backtest.not_found')
    expect(await refusal('GET', `${path}/${nobodys}/workspaces`)).toBe('404 backtest.not_found')
    expect(await refusal('POST', `${path}/${nobodys}/cancel`)).toBe('404 backtest.not_found')

    const key = { 'idempotency-key': 'march' }
    const first = await ask('POST', path, undefined, month, key)
    expect((await ask('POST', path, undefined, month, key))['id']).toBe(first['id'])
    await until(async () => (await get(`${path}/${first['id'] as string}`))['status'] === 'done')
    expect(await refusal('POST', `${path}/${first['id'] as string}/cancel`)).toBe('409 backtest.ended')
    expect(await refusal('GET', `${path}/${first['id'] as string}/workspaces?cursor=x`)).toBe('400 request.invalid')
    const newest = (await get(`${path}?limit=1`)) as unknown as { data: BacktestAnswer[]; next_cursor: string }
    expect(newest.data[0]!.id).toBe(first['id'])
    const rest = (await get(`${path}?cursor=${newest.next_cursor}`)) as unknown as { data: BacktestAnswer[] }
    expect(rest.data.length).toBeGreaterThan(2)
  })
})

/** Tokens with and without a provider, streamed or not; outcomes of each kind. */
function usageOf(n: number): { type: string; data: object } {
  const outcome = ['meeting_booked', 'paid', 'saved'][n % 3]!
  if (n % 4 === 3)
    return { type: 'outcome.achieved', data: { outcome: n === 3 ? 'meeting_booked' : outcome, value: `${n}.37` } }
  return {
    type: 'tokens.consumed',
    data: {
      ...(n % 5 === 0 ? { provider: 'openai' } : {}),
      model: n % 2 === 0 ? 'gpt-4o' : 'gpt-4o-mini',
      agent_id: `agent-${n % 3}`,
      stream: n % 3 === 0,
      input_tokens: 1_000 + n * 13,
      cached_input_tokens: n % 6 === 0 ? 0 : 11 * n,
      output_tokens: 10 * n + 1,
    },
  }
}
