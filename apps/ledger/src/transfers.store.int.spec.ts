import type { RatedUsage } from '@portitor/contracts'
import { describeWith } from '@portitor/testing'
import fc from 'fast-check'
import { ledgerTotals } from './ledger-totals.store.ts'
import { openLedger, readAccounts, readLedger, type LedgerWorld } from './ledger-world.fixture.ts'
import { ratedUsage, ratedUsageArbitrary, WORKSPACES } from './rated-usage.fixture.ts'
import { toTransfers } from './to-transfers.ts'
import { postUsage } from './transfers.store.ts'

describeWith(['postgres'], 'posting usage', () => {
  let world: LedgerWorld
  beforeEach(async () => {
    world = await openLedger()
  })
  afterEach(() => world.close())

  const event = (id: string, price: bigint, cost: bigint, overrides: Partial<RatedUsage> = {}) =>
    ratedUsage({ price: { tokens: price }, cost: { tokens: cost } }, { id, ...overrides })
  const balances = async () =>
    Object.fromEntries(
      (await readAccounts(world.database)).map(({ kind, debits, credits }) => [
        kind,
        [BigInt(debits), BigInt(credits)],
      ]),
    )
  const rows = async (columns: string) =>
    (await world.database.query(`select ${columns} from ledger.transfers order by workspace_id, id`)).rows
  const refusal = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: Error & { code: string }) => error,
    )

  it('L-2 keeps debits and credits per workspace, currency and kind, period being the month in UTC', async () => {
    await world.post([
      event('a', 130n, 100n),
      event('b', 20n, 10n, { provider: 'anthropic', time: '2023-12-01T00:00:00.000Z' }),
      event('c', 7n, 0n, { workspace_id: WORKSPACES[1], currency: 'EUR' }),
    ])
    const [w0, w1] = WORKSPACES
    expect((await readAccounts(world.database)).map((row) => Object.values(row))).toEqual([
      [w0, 'USD', 'cogs:anthropic', '10', '0'],
      [w0, 'USD', 'cogs:openai', '100', '0'],
      [w0, 'USD', 'provider_payable:anthropic', '0', '10'],
      [w0, 'USD', 'provider_payable:openai', '0', '100'],
      [w0, 'USD', 'receivable:2023-11', '130', '0'],
      [w0, 'USD', 'receivable:2023-12', '20', '0'],
      [w0, 'USD', 'revenue:tokens:2023-11', '0', '130'],
      [w0, 'USD', 'revenue:tokens:2023-12', '0', '20'],
      [w1, 'EUR', 'receivable:2023-11', '7', '0'],
      [w1, 'EUR', 'revenue:tokens:2023-11', '0', '7'],
    ])
  })

  it('L-2 keeps the running balance after every batch (DE-08, PT-01)', async () => {
    const seen: unknown[] = []
    for (const [n, amount] of [5n, 10n, -20n].entries()) {
      await world.post([event(`e${n}`, amount, 0n)])
      seen.push((await balances())['receivable:2023-11'])
    }
    expect(seen).toEqual([
      [5n, 0n],
      [15n, 0n],
      [15n, 20n],
    ])
  })

  it('L-2 holds balances beyond what one amount can hold', async () => {
    const most = 2n ** 63n - 1n
    await world.post([event('a', most, 0n), event('b', most, 0n)])
    await world.post([event('c', most, 0n)])
    expect((await balances())['receivable:2023-11']).toEqual([3n * most, 0n])
  })

  it('L-2 moves the balance of a workspace whose id is written in two ways within a batch by both', async () => {
    await world.post([event('a', 5n, 1n)])
    await world.post([event('b', 7n, 1n), event('c', 11n, 1n, { workspace_id: WORKSPACES[0].toUpperCase() })])
    expect((await balances())['receivable:2023-11']).toEqual([23n, 0n])
  })

  it('L-2 makes the accounts a later batch brings beside those it finds', async () => {
    await world.post([event('a', 5n, 1n)])
    await world.post([event('b', 7n, 2n), event('c', 11n, 3n, { provider: 'anthropic' })])
    expect(await balances()).toEqual({
      'receivable:2023-11': [23n, 0n],
      'revenue:tokens:2023-11': [0n, 23n],
      'cogs:openai': [3n, 0n],
      'provider_payable:openai': [0n, 3n],
      'cogs:anthropic': [3n, 0n],
      'provider_payable:anthropic': [0n, 3n],
    })
  })

  it('L-2 balances equal the sums of the transfers after any batches, replays included', async () => {
    const ids = fc.integer({ min: 0, max: 60 }).map((n) => `e${n}`)
    const batches = fc.array(fc.array(ratedUsageArbitrary(ids), { maxLength: 12 }), { minLength: 1, maxLength: 6 })
    // One id always comes with the same content: what else it could say was refused before the ledger.
    const first = new Map<string, RatedUsage>()
    const settled = (usage: RatedUsage) => {
      const key = `${usage.workspace_id} ${usage.id}`
      if (!first.has(key)) first.set(key, usage)
      return first.get(key)!
    }
    await fc.assert(
      fc.asyncProperty(batches, async (sent) => {
        for (const batch of sent) await world.post(batch.map(settled))
        const expected = new Map<string, [bigint, bigint]>()
        const move = (key: string, debit: bigint, credit: bigint) => {
          const [debits, credits] = expected.get(key) ?? [0n, 0n]
          expected.set(key, [debits + debit, credits + credit])
        }
        for (const usage of first.values()) {
          // Every event met so far is in the ledger, once.
          const { price, cost } = toTransfers(usage)
          for (const { debit, credit, amountNanos } of [...price, ...cost]) {
            move(`${usage.workspace_id} ${usage.currency} ${debit.kind}`, amountNanos, 0n)
            move(`${usage.workspace_id} ${usage.currency} ${credit.kind}`, 0n, amountNanos)
          }
        }
        const stored = await readAccounts(world.database)
        expect(
          new Map(
            stored.map((row) => [
              `${row.workspace_id} ${row.currency} ${row.kind}`,
              [BigInt(row.debits), BigInt(row.credits)],
            ]),
          ),
        ).toEqual(expected)
        const { totals } = await world.database.snapshot((tx) => ledgerTotals(tx, 4))
        expect(totals.wrongAccounts).toBe(0n)
        for (const { debits, credits } of totals.sides) expect(debits).toBe(credits)
      }),
      { numRuns: 25 },
    )
  })

  it('L-3 posts zero as no row at all and a negative difference the other way round', async () => {
    await world.post([event('zero', 0n, 0n), event('less', -7n, -3n)])
    expect(await rows('event_id, code, amount_nanos')).toHaveLength(2)
    expect(await balances()).toEqual({
      'receivable:2023-11': [0n, 7n],
      'revenue:tokens:2023-11': [7n, 0n],
      'cogs:openai': [0n, 3n],
      'provider_payable:openai': [3n, 0n],
    })
  })

  it('L-3 posts each charge of an event apart, more of them than there are costs', async () => {
    await world.post([
      ratedUsage({ price: { tokens: 1n, requests: 2n, seats: 3n }, cost: { tokens: 9n } }),
      ratedUsage({ cost: { tokens: 4n } }, { id: 'f' }),
    ])
    expect(await balances()).toMatchObject({
      'receivable:2023-11': [6n, 0n],
      'revenue:requests:2023-11': [0n, 2n],
      'cogs:openai': [13n, 0n],
    })
  })

  it('L-3 a replay is a no-op: within a batch, across batches, and beside new events (PX-01, PX-02, ID-01)', async () => {
    const [e1, e2, e3] = [event('e1', 10n, 5n), event('e2', 20n, 6n), event('e3', 40n, 7n)]
    await world.post([e1, e2, e1])
    const before = await readLedger(world.database)
    expect(before).toHaveLength(4 + 4)
    await world.post([e2, e1])
    await world.post([e1])
    expect(await readLedger(world.database)).toEqual(before)
    await world.post([e2, e3])
    expect((await balances())['receivable:2023-11']).toEqual([70n, 0n])
    expect(await rows('id')).toHaveLength(6)
  })

  it('L-3 posts an event once when two workers bring it at the same moment (PX-02)', async () => {
    const events = Array.from({ length: 50 }, (_, n) => event(`e${n}`, BigInt(n + 1), 1n))
    // Two that insert the same ids in opposite order may have to be told apart by the database; its victim comes again.
    const insist = (batch: readonly RatedUsage[]): Promise<void> =>
      world.post(batch).catch((error: { code?: string }) => {
        if (error.code !== '40P01') throw error
        return insist(batch)
      })
    await Promise.all([insist(events), insist([...events].reverse()), insist(events.slice(20))])
    expect(await rows('id')).toHaveLength(100)
    expect((await balances())['receivable:2023-11']).toEqual([1275n, 0n])
  })

  it('L-3 never takes another amount under a known id for a replay, and then changes nothing (ID-02)', async () => {
    await world.post([event('e1', 10n, 5n)])
    const before = await readLedger(world.database)
    const changed = await refusal(world.post([event('e2', 1n, 1n), event('e1', 11n, 5n)]))
    expect(changed).toMatchObject({
      code: '23505',
      message: 'event e1 of spec is posted already with another usage.price transfer',
    })
    const twice = await refusal(world.post([event('e3', 1n, 1n), event('e3', 1n, 2n)]))
    expect(twice).toMatchObject({ code: '23505', message: expect.stringContaining('event e3 of spec') })
    expect(await readLedger(world.database)).toEqual(before)
  })

  it('L-4 leaves nothing behind when its transaction is rolled back', async () => {
    const crash = new Error('killed')
    const killed = world.database.transaction(async (tx) => {
      await postUsage(tx, [toTransfers(event('e', 10n, 5n))], new Date())
      throw crash
    })
    await expect(killed).rejects.toBe(crash)
    expect(await readLedger(world.database)).toEqual([])
  })

  it('L-2 workers on the same accounts never wait for each other in a circle (CC-01)', async () => {
    const workspaces = Array.from({ length: 40 }, (_, n) => `0199c1d2-7b3a-7c4e-9d21-${String(n).padStart(12, '0')}`)
    const worker = async (name: string, order: readonly string[]) => {
      for (let round = 0; round < 25; round += 1)
        await world.post(order.map((workspace_id) => event(`${name}-${round}`, 100n, 10n, { workspace_id })))
    }
    await Promise.all([
      worker('up', workspaces),
      worker('down', [...workspaces].reverse()),
      worker('again', workspaces),
    ])
    const stored = await readAccounts(world.database)
    expect(stored).toHaveLength(160)
    expect(stored.filter(({ kind }) => kind === 'receivable:2023-11').every(({ debits }) => debits === '7500')).toBe(
      true,
    )
  })

  it('L-3 rebuilt with other batch sizes the ledger is the same to the byte (PX-11)', async () => {
    const events = fc.sample(ratedUsageArbitrary(fc.uuid()), { numRuns: 120, seed: 7 })
    await world.post(events)
    const other = await openLedger()
    try {
      for (let start = 0; start < events.length; start += 7) await other.post(events.slice(start, start + 7))
      expect(await readLedger(other.database)).toEqual(await readLedger(world.database))
    } finally {
      await other.close()
    }
  })

  it('L-3 looks nothing up by reading a whole table, though it was planned when the tables were empty', async () => {
    const one = await openLedger(1)
    try {
      const events = Array.from({ length: 300 }, (_, n) => event(`e${n}`, 10n, 5n))
      const scans = async () => {
        await one.database.query('select pg_stat_force_next_flush()')
        const { rows: found } = await one.database.query<{ scans: string }>(
          `select sum(seq_scan)::text as scans from pg_stat_user_tables where schemaname = 'ledger' and relname in ('transfers', 'accounts')`,
        )
        return Number(found[0]!.scans)
      }
      const before = await scans()
      for (let start = 0; start < 300; start += 20) await one.post(events.slice(start, start + 20))
      for (let start = 0; start < 300; start += 20) await one.post(events.slice(start, start + 20))
      expect((await scans()) - before).toBe(0)
    } finally {
      await one.close()
    }
  })
})
