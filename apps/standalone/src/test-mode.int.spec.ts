import { describeWith, until } from '@portitor/testing'
import { type Answer, openTenantsWorld, type TenantsWorld } from './tenants-world.fixture.ts'

describeWith(['postgres'], 'the test mode of a workspace', () => {
  let world: TenantsWorld
  let workspaceId: string
  let live: string
  let test: string
  beforeAll(async () => {
    world = await openTenantsWorld()
    const asOperator = { key: world.operatorKey }
    workspaceId = (await world.ask('POST', '/api/v1/workspaces', { ...asOperator, body: { name: 'Acme' } })).body[
      'id'
    ] as string
    const scopes = ['metering:write', 'metering:read', 'ledger:read', 'usage:read', 'workspaces:read', 'keys:write']
    const keyOf = async (mode: string) =>
      (await world.ask('POST', '/api/v1/api_keys', { ...asOperator, workspaceId, body: { name: mode, mode, scopes } }))
        .body['key'] as string
    live = await keyOf('live')
    test = await keyOf('test')
  })
  afterAll(() => world.end())

  const send = (key: string, tokens: number, workspace?: string) =>
    world.ask('POST', '/api/v1/metering/events', {
      key,
      workspaceId: workspace,
      body: {
        idempotency_key: 'the same id',
        event_type: 'tokens.consumed',
        quantity: tokens,
        metadata: { model: 'gpt-4o' },
      },
    })
  const dataOf = ({ body }: Answer) => body['data'] as Record<string, unknown>[]
  const posted = async (key: string) => {
    let transfers: Record<string, unknown>[] = []
    await until(async () => {
      transfers = dataOf(await world.ask('GET', '/api/v1/ledger', { key }))
      return transfers.length > 0
    }, 'the posting')
    return transfers.map(({ amount_nanos }) => amount_nanos)
  }

  it('I-3 a test key acts by the same code on accounts of its own: the same id is another event there', async () => {
    expect((await send(live, 1_000_000)).body).toMatchObject({ accepted: 1 })
    // A client that always names its workspace may go on doing so.
    expect((await send(test, 2_000_000, workspaceId)).body).toMatchObject({ accepted: 1, duplicates: 0 })
    const [lives, tests] = [await posted(live), await posted(test)]
    expect([lives.length, tests.length]).toEqual([1, 1])
    expect(BigInt(tests[0] as string)).toBe(2n * BigInt(lives[0] as string))
    const seenByOperator = await world.ask('GET', '/api/v1/ledger', { key: world.operatorKey, workspaceId })
    expect(dataOf(seenByOperator).map(({ amount_nanos }) => amount_nanos)).toEqual(lives)
  })

  it('I-3 says whose test workspace it is, and there is one however many test keys there are', async () => {
    const [mine] = dataOf(await world.ask('GET', '/api/v1/workspaces', { key: test }))
    expect(mine).toMatchObject({ name: 'Acme (test)', test_of: workspaceId })
    await world.ask('POST', '/api/v1/api_keys', {
      key: world.operatorKey,
      workspaceId,
      body: { name: 'another', mode: 'test', scopes: ['usage:read'] },
    })
    const all = dataOf(await world.ask('GET', '/api/v1/workspaces', { key: world.operatorKey }))
    expect(all.filter(({ test_of }) => test_of === workspaceId)).toEqual([mine])
  })

  it('I-3 a test key makes no key, which those who own the workspace could not see, and no live key acts where it acts', async () => {
    for (const mode of ['live', 'test']) {
      const body = { name: 'beside', mode, scopes: ['ledger:read'] }
      const refused = await world.ask('POST', '/api/v1/api_keys', { key: test, body })
      expect([refused.status, refused.body['code']]).toEqual([403, 'scope.missing'])
    }
    const [mine] = dataOf(await world.ask('GET', '/api/v1/workspaces', { key: test }))
    const live = await world.ask('POST', '/api/v1/api_keys', {
      key: world.operatorKey,
      workspaceId: mine!['id'] as string,
      body: { name: 'live', scopes: ['ledger:read'] },
    })
    expect([live.status, live.body['code']]).toEqual([409, 'workspace.test'])
  })

  it('I-1 I-3 is suspended with the workspace it belongs to', async () => {
    await world.ask('POST', `/api/v1/workspaces/${workspaceId}/suspend`, { key: world.operatorKey })
    for (let status = 200; status !== 403;) status = (await world.ask('GET', '/api/v1/ledger', { key: test })).status
    await world.ask('POST', `/api/v1/workspaces/${workspaceId}/reinstate`, { key: world.operatorKey })
    for (let status = 403; status !== 200;) status = (await world.ask('GET', '/api/v1/ledger', { key: test })).status
  })
})
