import { Controller, Get, Module, Query } from '@nestjs/common'
import { EmbeddedBus } from '@portitor/bus'
import {
  analyticsEndpoints,
  ledgerEndpoints,
  ratingEndpoints,
  reconciliationPageSchema,
  reconciliationSchema,
  usageRatedTopic,
} from '@portitor/contracts'
import { bootService, createLog, type Service } from '@portitor/service'
import { describeWith, until } from '@portitor/testing'
import { LedgerModule } from './index.ts'
import { openLedger, type LedgerWorld } from './ledger-world.fixture.ts'
import { ratedUsage, WORKSPACES } from './rated-usage.fixture.ts'
import { ReconciliationJob } from './reconciliation.job.ts'

const operatorKey = 'a secret of this spec, 40 characters long'
const usd = (price_nanos: string, cost_nanos: string) => [{ currency: 'USD', price_nanos, cost_nanos }]

/** What rating and analytics answer, and which cut they were asked for: they are other services, told what to say here. */
const peers = {
  cuts: [] as string[],
  rating: {} as object,
  analytics: {} as object,
}
@Controller('/api/v1')
class PeersOfTheSpec {
  @Get('rating/totals')
  rating(@Query('cut') cut: string) {
    peers.cuts.push(`rating ${cut}`)
    return peers.rating
  }
  @Get('analytics/totals')
  analytics(@Query('cut') cut: string) {
    peers.cuts.push(`analytics ${cut}`)
    return peers.analytics
  }
}

@Module({ controllers: [PeersOfTheSpec] })
class PeersModule {}

describeWith(['postgres'], 'reconciliation', () => {
  let world: LedgerWorld
  let bus: EmbeddedBus
  let service: Service

  beforeEach(async () => {
    world = await openLedger(6)
    bus = new EmbeddedBus(world.database, { partitions: 4 })
    await bus.start()
    const ledger = LedgerModule.with({ database: world.database, bus })
    service = await bootService({
      name: 'ledger',
      module: { module: PeersModule, imports: [ledger] },
      endpoints: [...ledgerEndpoints, ...ratingEndpoints, ...analyticsEndpoints],
      bus,
      port: 0,
      host: '127.0.0.1',
      operatorKey,
      log: createLog({ name: 'ledger', level: 'silent' }),
    })
    peers.cuts = []
    peers.rating = {
      accepted: 4,
      duplicates: 1,
      rejected: 0,
      rated: 3,
      unread: 0,
      at_cut: { events: 3, currencies: usd('8', '6') },
    }
    peers.analytics = { reached: true, events: 3, currencies: usd('8', '6'), events_stored: 3 }
    await send(0, [usage('a', 10n, 6n)])
    await send(0, [usage('free', 0n, 0n)])
    await send(3, [usage('back', -2n, 0n)])
    await posted(3)
  })
  afterEach(async () => {
    await service.close()
    await bus.close()
    await world.close()
  })

  const usage = (id: string, price: bigint, cost: bigint) =>
    ratedUsage({ price: { tokens: price }, cost: { tokens: cost } }, { id, workspace_id: WORKSPACES[0] })
  const send = (partition: number, events: readonly unknown[]) =>
    bus.append([{ topic: usageRatedTopic, key: null, partition, value: JSON.stringify({ events }) }])
  const posted = (events: number) =>
    until(async () => {
      const { rows } = await world.database.query<{ n: bigint }>(
        'select coalesce(sum(events), 0)::bigint as n from ledger.postings',
      )
      return Number(rows[0]!.n) >= events
    }, `posting ${events} events`)
  const ask = async (path = '') => {
    const response = await fetch(`${service.url}/api/v1/reconciliation${path}`, { headers: { apikey: operatorKey } })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  it('L-11 compares all services at the ledger’s position and answers exactly what is promised', async () => {
    const { status, body } = await ask()
    expect(status).toBe(200)
    expect(body).toEqual({
      ok: true,
      accepted: 4,
      posted: 3,
      duplicates: 1,
      rejected: 0,
      pending: 0,
      ledger_price_nanos: '8',
      analytics_price_nanos: '8',
      ledger_cost_nanos: '6',
      analytics_cost_nanos: '6',
      differences: [],
    })
    expect(reconciliationSchema.parse(body)).toEqual(body)
    expect(peers.cuts).toEqual(['analytics 0:1,3:0', 'rating 0:1,3:0'])
  })

  it('L-11 is not ok before analytics has reached the cut, and says how much is pending', async () => {
    peers.analytics = { reached: false, events: 2, currencies: usd('8', '6'), events_stored: 2 }
    expect((await ask()).body).toMatchObject({ ok: false, posted: 2, pending: 1, differences: [] })
  })

  it('L-11 says what differs and is not ok', async () => {
    peers.analytics = { reached: true, events: 3, currencies: usd('8', '7'), events_stored: 3 }
    const { body } = await ask()
    expect(body).toMatchObject({ ok: false, analytics_cost_nanos: '7' })
    expect(body['differences']).toEqual([
      { check: 'cost.analytics', expected: '7', actual: '6', detail: expect.stringContaining('USD') },
    ])
  })

  it('L-11 finds a balance that its transfers do not make, and debits that are not credits', async () => {
    await world.database.query(
      `update ledger.accounts set debits_posted = debits_posted + 1 where kind = 'receivable:2023-11'`,
    )
    const { body } = await ask()
    const differences = body['differences'] as { check: string; detail: string }[]
    expect(differences.map(({ check }) => check)).toEqual(['ledger.balanced', 'ledger.balances'])
    expect(differences[1]!.detail).toContain(`${WORKSPACES[0]} receivable:2023-11`)
  })

  it('L-11 finds a transfer that nobody posted', async () => {
    await world.database.query(
      `insert into ledger.transfers (workspace_id, id, debit_account, credit_account, amount_nanos, effective_at, recorded_at,
         price_version, code, currency, charge, source, event_id)
       select workspace_id, gen_random_uuid(), debit_account, credit_account, 5, effective_at, recorded_at,
         price_version, code, currency, charge, source, 'forged' from ledger.transfers where event_id = 'a' and code = 'usage.price'`,
    )
    const checks = ((await ask()).body['differences'] as { check: string }[]).map(({ check }) => check)
    expect(checks).toEqual(['price.rated_log', 'price.analytics', 'ledger.balances'])
  })

  it('L-11 names the peer that gave no totals', async () => {
    peers.rating = { code: 'rating.behind', detail: 'Rating is far behind.' }
    expect(await ask()).toMatchObject({
      status: 503,
      body: { code: 'reconciliation.peer_unavailable', detail: expect.stringContaining('rating') },
    })
  })

  it('L-11 runs on schedule, keeps the results and alarms on a difference', async () => {
    const job = service.app.get(ReconciliationJob)
    const now = Date.now()
    await job.run(new Date(now))
    peers.analytics = { reached: true, events: 3, currencies: usd('9', '6'), events_stored: 3 }
    const alarms: string[] = []
    const lines = { debug() {}, info() {}, warn() {}, error: (_: object, text: string) => void alarms.push(text) }
    Object.assign(job, { log: lines })
    await job.run(new Date(now + 1_000))
    expect(alarms).toEqual([])
    await job.run(new Date(now + 3_600_000))
    expect(alarms).toEqual(['ALARM: reconciliation found differences'])
    peers.rating = {}
    await job.run(new Date(now + 7_200_000))
    expect(alarms[1]).toBe('ALARM: reconciliation could not run')
    const page = reconciliationPageSchema.parse((await ask('/runs?limit=1')).body)
    expect(page.data.map(({ result }) => result.ok)).toEqual([false])
    const rest = reconciliationPageSchema.parse((await ask(`/runs?cursor=${page.next_cursor}`)).body)
    expect(rest.data.map(({ run_at, result }) => [run_at, result.ok])).toEqual([[new Date(now).toISOString(), true]])
    expect(rest.next_cursor).toBeNull()
  })
})
