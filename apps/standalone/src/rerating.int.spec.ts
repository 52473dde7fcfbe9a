import { reconciliationSchema, reratingSchema, usageAnswerSchema } from '@portitor/contracts'
import { describeWith, until } from '@portitor/testing'
import { openTenantsWorld, type TenantsWorld } from './tenants-world.fixture.ts'

const month = 'from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z'
const eventsCount = 60

describeWith(['postgres'], 'a re-rating, in the whole system', () => {
  let world: TenantsWorld
  let key: string
  beforeAll(async () => {
    world = await openTenantsWorld()
    const { id } = await asOperator('/api/v1/workspaces', { name: 'Acme' })
    const headers = { key: world.operatorKey, workspaceId: id as string }
    const made = await world.ask('POST', '/api/v1/api_keys', {
      ...headers,
      body: { name: 'app', scopes: ['metering:write'] },
    })
    key = made.body['key'] as string
  })
  afterAll(() => world.end())

  const asOperator = async (path: string, body: unknown, status = 201) => {
    const answer = await world.ask('POST', path, { key: world.operatorKey, body })
    if (answer.status !== status) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`)
    return answer.body
  }
  const read = async (path: string) => {
    const { status, body } = await world.ask('GET', path, { key: world.operatorKey })
    expect(status).toBe(200)
    return body
  }
  const reconciled = async () => reconciliationSchema.parse(await read('/api/v1/reconciliation'))
  const usage = async () => {
    const { totals } = usageAnswerSchema.parse(await read(`/api/v1/metering/usage?${month}`))
    return totals
  }

  it('R-9 L-11 moves price and cost, counts no event twice, and ledger, rated log and analytics agree to the nano', async () => {
    const events = Array.from({ length: eventsCount }, (_, n) => ({
      specversion: '1.0',
      source: 'spec',
      id: `e${n}`,
      type: 'tokens.consumed',
      time: new Date(Date.UTC(2026, 2, 1 + (n % 30), n % 24)).toISOString(),
      data: { model: n % 2 === 0 ? 'gpt-4o' : 'gpt-4o-mini', input_tokens: 1_000 + n, output_tokens: 10 * n + 1 },
    }))
    const sent = await world.ask('POST', '/api/v1/metering/events', {
      key,
      body: events,
      headers: { 'content-type': 'application/cloudevents-batch+json' },
    })
    expect([sent.status, sent.text.includes(`"accepted":${eventsCount}`)]).toEqual([202, true])
    await until(async () => {
      const { ok, posted } = await reconciled()
      return ok && posted === eventsCount
    })
    const [before] = await usage()
    expect(before!.events).toBe(eventsCount)

    const { content } = await read('/api/v1/pricing/books/price/versions/1')
    const book = content as { charges: object[] }
    const tiers = [
      { up_to: '20000', rate: '3' },
      { up_to: null, rate: '0.7' },
    ]
    const charge = {
      id: 'input_in_tiers',
      meters: ['input_tokens'],
      price: { model: 'graduated', per: '1000', tiers },
    }
    const charges = [charge, ...book.charges]
    const drafted = await asOperator('/api/v1/pricing/books/price/versions', {
      note: 'tiers',
      content: { ...book, charges },
    })
    const version = drafted['version'] as number
    const from = '2026-02-01T00:00:00Z'
    await asOperator(
      `/api/v1/pricing/books/price/versions/${version}/publish`,
      { effective_from: from, backdate: true },
      200,
    )
    const { id } = await asOperator(
      '/api/v1/pricing/reratings',
      { from: '2026-03-01T00:00:00Z', to: '2026-04-01T00:00:00Z', reason: 'tiers were agreed in February' },
      202,
    )
    const rerating = async () => reratingSchema.parse(await read(`/api/v1/pricing/reratings/${id as string}`))
    await until(async () => (await rerating()).status !== 'running')
    const done = await rerating()
    expect(done).toMatchObject({ status: 'done', events: eventsCount, corrected: eventsCount, refused: 0 })
    expect(done.price_nanos).not.toBe('0')

    const expected = { ...before!, price_nanos: String(BigInt(before!.price_nanos) + BigInt(done.price_nanos)) }
    await until(async () => (await usage())[0]!.price_nanos === expected.price_nanos)
    const [after] = await usage()
    const margin = String(BigInt(expected.price_nanos) - BigInt(before!.cost_nanos!))
    expect(after).toEqual({ ...expected, margin_nanos: margin })
    await until(async () => (await reconciled()).ok)
    expect(await reconciled()).toMatchObject({
      ok: true,
      accepted: eventsCount,
      posted: eventsCount,
      pending: 0,
      ledger_price_nanos: after!.price_nanos,
      analytics_price_nanos: after!.price_nanos,
      ledger_cost_nanos: after!.cost_nanos,
      analytics_cost_nanos: after!.cost_nanos,
      differences: [],
    })
  })
})
