import { ledgerEndpoints } from '@portitor/contracts'
import { describeWith } from '@portitor/testing'
import { acme, at, other, type LedgerApi, openLedgerApi } from './ledger-api.fixture.ts'
import { WORKSPACES } from './rated-usage.fixture.ts'

describeWith(['postgres'], 'the ledger as customers see it', () => {
  let api: LedgerApi
  beforeAll(async () => {
    api = await openLedgerApi()
  })
  afterAll(() => api.close())

  it('L-8 shows a customer its own prices and nothing else', async () => {
    const { data } = await api.list('', acme)
    expect(data).toHaveLength(12 * 2 + 1)
    expect(new Set(data.map(({ workspace_id, code }) => `${workspace_id} ${code}`))).toEqual(
      new Set([`${acme} usage.price`]),
    )
    expect((await api.list('', other)).data).toHaveLength(4)
    expect((await api.list('', WORKSPACES[2])).data).toEqual([])
  })

  it('L-8 no endpoint ever shows a customer a cost, a margin or a provider account', async () => {
    const { data } = await api.list(`workspace_id=${acme}`)
    const cost = data.find(({ code }) => code === 'usage.cost')!
    const time = Date.parse(cost.effective_at)
    const query: Record<string, string[]> = {
      '/api/v1/ledger': ['', '?code=usage.cost', `?workspace_id=${acme}`, '?provider=openai', '?limit=500'],
      '/api/v1/ledger/export': ['', '?format=csv', '?code=usage.cost', '?action=usage.cost&format=csv'],
      '/api/v1/ledger/transfers': [`?source=spec&id=${cost.event_id}&time=${time}`],
      '/api/v1/ledger/transfers/{id}': [''],
      '/api/v1/ledger/accounts': ['', `?workspace_id=${acme}`],
      '/api/v1/ledger/balances': ['', `?at=${at(5)}`],
      '/api/v1/ledger/positions': [''],
      '/api/v1/reconciliation': [''],
      '/api/v1/reconciliation/runs': [''],
    }
    expect(Object.keys(query).sort()).toEqual(ledgerEndpoints.map(({ path }) => path).sort())
    for (const { path, workspace } of ledgerEndpoints) {
      for (const suffix of query[path]!) {
        const { status, text } = await api.ask(
          `${path.slice('/api/v1'.length).replace('{id}', cost.id)}${suffix}`,
          acme,
        )
        expect([path, text]).toEqual([
          path,
          expect.not.stringMatching(/usage\.cost|cogs|provider_payable|cost_nanos|margin/),
        ])
        expect(text).not.toContain(other)
        if (workspace === 'none') expect([path, status]).toEqual([path, 403])
      }
    }
  })

  it('I-4 the database itself hides other workspaces and costs from the tenant role, whatever is asked', async () => {
    const seen = await api.database.asTenant(acme, async (tx) => ({
      transfers: (await tx.query('select distinct workspace_id, code from ledger.transfers')).rows,
      accounts: (
        await tx.query(
          `select distinct workspace_id, split_part(kind, ':', 1) as kind from ledger.accounts order by kind`,
        )
      ).rows,
    }))
    expect(seen.transfers).toEqual([{ workspace_id: acme, code: 'usage.price' }])
    expect(seen.accounts).toEqual([
      { workspace_id: acme, kind: 'receivable' },
      { workspace_id: acme, kind: 'revenue' },
    ])
    const nobody = await api.database.transaction(async (tx) => {
      await tx.query('set local role portitor_tenant')
      return (await tx.query('select * from ledger.transfers')).rows
    })
    expect(nobody).toEqual([])
  })

  it('L-8 refuses a customer’s call that names another workspace', async () => {
    expect(await api.read(`/ledger?workspace_id=${other}`, acme)).toMatchObject({
      status: 400,
      body: { code: 'workspace.contradiction' },
    })
    expect(await api.read('/ledger', 'x')).toMatchObject({ status: 400, body: { code: 'workspace.malformed' } })
  })
})
