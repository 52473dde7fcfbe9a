import { describeWith } from '@portitor/testing'
import { type LedgerApi, openLedgerApi } from './ledger-api.fixture.ts'

describeWith(['postgres'], 'bad input of the ledger API', () => {
  let api: LedgerApi
  beforeAll(async () => {
    api = await openLedgerApi()
  })
  afterAll(() => api.close())

  it.each([
    ['/ledger?cursor=nonsense', 'cursor.malformed'],
    [`/ledger?cursor=${Buffer.from('account:x').toString('base64url')}`, 'cursor.malformed'],
    ['/ledger/accounts?cursor=%00', 'cursor.malformed'],
    ['/ledger/balances?cursor=x', 'cursor.malformed'],
    ['/reconciliation/runs?cursor=x', 'cursor.malformed'],
    ['/ledger?limit=0', 'request.invalid'],
    ['/ledger?limit=501', 'request.invalid'],
    ['/ledger?limit=ten', 'request.invalid'],
    ['/ledger?from=yesterday', 'request.invalid'],
    ['/ledger?to=2023-02-31T00:00:00Z', 'request.invalid'],
    ['/ledger?agentid=a', 'request.invalid'],
    ['/ledger?model=a%00b', 'request.invalid'],
    ['/ledger?workspace_id=x', 'request.invalid'],
    ['/ledger/export?format=xlsx', 'request.invalid'],
    ['/ledger/balances?at=1700000000', 'request.invalid'],
    ['/ledger/transfers/x', 'request.invalid'],
    ['/ledger/transfers?source=a&id=b', 'request.invalid'],
    ['/ledger/transfers?source=a&id=b&time=-1', 'request.invalid'],
    ['/ledger/transfers?source=a&id=b&time=999999999999999', 'request.invalid'],
    ['/ledger/transfers?source=a&id=b&time=1.5', 'request.invalid'],
  ])('L-8 refuses %s with 400 %s', async (path, code) => {
    expect(await api.read(path)).toMatchObject({ status: 400, body: { code } })
  })
})
