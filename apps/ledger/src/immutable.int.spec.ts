import type { RatedUsage } from '@portitor/contracts'
import { describeWith } from '@portitor/testing'
import { openLedger, readLedger, type LedgerWorld } from './ledger-world.fixture.ts'
import { ratedUsage, WORKSPACES } from './rated-usage.fixture.ts'
import { toTransfers } from './to-transfers.ts'
import { postUsage } from './transfers.store.ts'

describeWith(['postgres'], 'transfers are for ever', () => {
  let world: LedgerWorld
  beforeEach(async () => {
    world = await openLedger()
  })
  afterEach(() => world.close())

  const event = (id: string, price: bigint, cost: bigint, overrides: Partial<RatedUsage> = {}) =>
    ratedUsage({ price: { tokens: price }, cost: { tokens: cost } }, { id, ...overrides })
  const refusal = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: Error & { code: string }) => error,
    )

  it('L-1 writes one row per transfer with everything that explains it', async () => {
    const usage = event('e', 130n, 100n, {
      agent_id: 'a',
      user_id: 'u',
      workflow: 'w',
      team: 'red',
      cost_center: 'chat',
    })
    await world.post([usage])
    const common = {
      workspace_id: WORKSPACES[0],
      currency: 'USD',
      source: 'spec',
      event_id: 'e',
      effective_at: new Date(usage.time),
      recorded_at: new Date('2023-11-14T22:14:00.000Z'),
      agent_id: 'a',
      user_id: 'u',
      workflow: 'w',
      model: 'gpt-4o',
      provider: 'openai',
      metadata: { team: 'red', cost_center: 'chat' },
    }
    const { rows: stored } = await world.database.query('select * from ledger.transfers order by code desc')
    expect(stored).toEqual([
      expect.objectContaining({
        ...common,
        code: 'usage.price',
        charge: 'tokens',
        amount_nanos: 130n,
        price_version: 3,
      }),
      expect.objectContaining({ ...common, code: 'usage.cost', charge: null, amount_nanos: 100n, price_version: 7 }),
    ])
    await world.post([event('bare', 1n, 0n)])
    const bare = await world.database.query(`select agent_id, metadata from ledger.transfers where event_id = 'bare'`)
    expect(bare.rows).toEqual([{ agent_id: null, metadata: null }])
  })

  it('I-6 keeps with a transfer that its agent was not active', async () => {
    await world.post([{ ...event('flagged', 1n, 0n), agent_id: 'a', agent_status: 'suspended' }])
    const { rows } = await world.database.query(`select agent_id, metadata from ledger.transfers`)
    expect(rows).toEqual([{ agent_id: 'a', metadata: { agent_status: 'suspended' } }])
  })

  it.each([
    ['update', 'update ledger.transfers set amount_nanos = 1'],
    ['update of no row', 'update ledger.transfers set amount_nanos = 1 where false'],
    ['delete', 'delete from ledger.transfers'],
    ['truncate', 'truncate ledger.transfers'],
  ])('L-1 refuses %s of transfers to the service and, through a trigger, to the owner', async (_, statement) => {
    await world.post([event('e', 130n, 100n)])
    const before = await readLedger(world.database)
    expect(await refusal(world.database.query(statement))).toMatchObject({ code: '42501' })
    const owners = await refusal(world.asOwner(statement))
    expect(owners).toMatchObject({ code: '42501', message: expect.stringContaining('append-only') })
    expect(await readLedger(world.database)).toEqual(before)
  })

  it('L-1 lets the service change nothing of an account but its counters, and tenants nothing at all', async () => {
    await world.post([event('e', 130n, 100n)])
    for (const statement of [
      `update ledger.accounts set kind = 'x'`,
      `update ledger.accounts set workspace_id = '${WORKSPACES[1]}'`,
      'delete from ledger.accounts',
      'truncate ledger.accounts',
      'alter table ledger.transfers disable trigger append_only',
    ])
      expect(await refusal(world.database.query(statement))).toMatchObject({ code: '42501' })
    const tenant = (statement: string) => refusal(world.database.asTenant(WORKSPACES[0], (tx) => tx.query(statement)))
    for (const statement of [
      'insert into ledger.transfers select * from ledger.transfers',
      'update ledger.transfers set amount_nanos = 1',
      'update ledger.accounts set debits_posted = 0',
      'select * from ledger.postings',
      'select * from ledger.reconciliations',
    ])
      expect(await tenant(statement)).toMatchObject({ code: '42501' })
    expect(
      await refusal(
        world.database.asTenant(WORKSPACES[0], (tx) => postUsage(tx, [toTransfers(event('f', 1n, 1n))], new Date())),
      ),
    ).toMatchObject({
      code: '42501',
    })
  })

  it('L-1 refuses in the database what is no transfer: no amount, or an account that pays itself (DE-03, DE-04)', async () => {
    const insert = (amount: number, debit: number, credit: number) =>
      refusal(
        world.database.query(
          `insert into ledger.transfers (workspace_id, id, debit_account, credit_account, amount_nanos, effective_at, recorded_at,
             price_version, code, currency, source, event_id)
           values ($1, gen_random_uuid(), ${debit}, ${credit}, ${amount}, now(), now(), 1, 'x', 'USD', 's', 'e')`,
          [WORKSPACES[0]],
        ),
      )
    expect(await insert(0, 1, 2)).toMatchObject({ code: '23514' })
    expect(await insert(-1, 1, 2)).toMatchObject({ code: '23514' })
    expect(await insert(1, 2, 2)).toMatchObject({ code: '23514' })
    expect(await insert(1, 1, 2)).toBeUndefined()
  })
})
