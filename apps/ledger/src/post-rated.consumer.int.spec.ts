import { type Bus, EmbeddedBus, readPositions } from '@portitor/bus'
import {
  type LedgerPosted,
  ledgerPostedSchema,
  ledgerPostedTopic,
  type RatedUsage,
  type Topic,
  usageRatedTopic,
  type UsageRejected,
  usageRejectedSchema,
  usageRejectedTopic,
} from '@portitor/contracts'
import { Database, type PreparedStatement, type Queryable } from '@portitor/postgres'
import { createLog, HealthRegistry } from '@portitor/service'
import { describeWith, until } from '@portitor/testing'
import { openLedger, readAccounts, readLedger, type LedgerWorld } from './ledger-world.fixture.ts'
import { PostRatedConsumer } from './post-rated.consumer.ts'
import { ratedUsage, WORKSPACES } from './rated-usage.fixture.ts'

const PARTITIONS = 4
const log = createLog({ name: 'ledger', level: 'silent' })

/** A database that can be killed at any statement of a transaction, or right after the commit. */
class FragileDatabase extends Database {
  /** Statements that still succeed; undefined: all. */
  statementsLeft: number | undefined
  failAfterCommit = false
  failures = 0

  override async transaction<Result>(work: (tx: Queryable) => Promise<Result>, begin?: string): Promise<Result> {
    const result = await super.transaction((tx) => work(this.fragile(tx)), begin)
    if (this.failAfterCommit) {
      this.failAfterCommit = false
      this.fail()
    }
    return result
  }

  private fragile(tx: Queryable): Queryable {
    return {
      query: async (statement: string | PreparedStatement, values?: readonly unknown[]) => {
        if (this.statementsLeft !== undefined && this.statementsLeft-- <= 0) {
          this.statementsLeft = undefined
          this.fail()
        }
        return tx.query(statement, values)
      },
    }
  }

  private fail(): never {
    this.failures += 1
    throw new Error('connection terminated: killed by the spec')
  }
}

describeWith(['postgres'], 'the ledger consumer', () => {
  let world: LedgerWorld
  /** The ledger's own pool; whoever writes to the log has another one, which stays alive. */
  let database: FragileDatabase
  let outside: Database
  let bus: EmbeddedBus
  let consumer: PostRatedConsumer | undefined

  beforeEach(async () => {
    world = await openLedger(6, (url) => {
      database = new FragileDatabase({ url, connectionsMax: 6, applicationName: 'spec' })
      return database
    })
    outside = new Database({ url: database.options.url, connectionsMax: 3, applicationName: 'outside' })
    bus = new EmbeddedBus(outside, { partitions: PARTITIONS })
    await bus.start()
  })
  afterEach(async () => {
    await consumer?.beforeApplicationShutdown()
    consumer = undefined
    await bus.close()
    await outside.close()
    await world.close()
  })

  const start = async () => {
    const health = new HealthRegistry(log)
    consumer = new PostRatedConsumer(database, bus, health, log)
    await consumer.onApplicationBootstrap()
    return health
  }
  const event = (id: string, price = 10n, cost = 6n, workspace_id: string = WORKSPACES[0]) =>
    ratedUsage({ price: { tokens: price }, cost: { tokens: cost } }, { id, workspace_id })
  const send = (events: readonly unknown[], workspace: string = WORKSPACES[0]) =>
    bus.append([{ topic: usageRatedTopic, key: workspace, value: JSON.stringify({ events }) }])
  const counted = async () => {
    const { rows } = await outside.query<{ events: bigint; rejected: bigint }>(
      'select coalesce(sum(events), 0)::bigint as events, coalesce(sum(rejected), 0)::bigint as rejected from ledger.postings',
    )
    return rows[0]!
  }
  const untilCounted = (events: bigint, rejected = 0n) =>
    until(async () => {
      const now = await counted()
      return now.events >= events && now.rejected >= rejected
    }, `posting ${events} events`)
  const collect = async <Message>(topic: Topic, parse: (value: unknown) => Message): Promise<Message[]> => {
    const found: Message[] = []
    const follower = await (bus as Bus).follow(topic, 'spec', (record) => {
      found.push(parse(JSON.parse(record.value!.toString())))
    })
    await follower.caughtUp
    await follower.close()
    return found
  }
  const posted = () => collect<LedgerPosted>(ledgerPostedTopic, (value) => ledgerPostedSchema.parse(value))
  const letters = () => collect<UsageRejected>(usageRejectedTopic, (value) => usageRejectedSchema.parse(value))
  const receivables = async () =>
    (await readAccounts(database)).filter(({ kind }) => kind === 'receivable:2023-11').map(({ debits }) => debits)

  it('L-3 posts what is rated and says so, packed per partition, in the same commit', async () => {
    await send([event('a', 10n, 6n), event('b', 0n, 0n)])
    await send([event('c', 5n, 1n, WORKSPACES[1])], WORKSPACES[1])
    await start()
    await untilCounted(3n)
    expect(await counted()).toEqual({ events: 3n, rejected: 0n })
    expect(await receivables()).toEqual(['10', '5'])
    const messages = await posted()
    expect(messages).toHaveLength(2)
    expect(messages.flatMap(({ events }) => events).sort((x, y) => x.id.localeCompare(y.id))).toEqual([
      { workspace_id: WORKSPACES[0], source: 'spec', id: 'a', price_nanos: '10' },
      { workspace_id: WORKSPACES[0], source: 'spec', id: 'b', price_nanos: '0' },
      { workspace_id: WORKSPACES[1], source: 'spec', id: 'c', price_nanos: '5' },
    ])
  })

  it('L-4 killed at any statement of a batch, it posts every event once in the end', async () => {
    const health = await start()
    const batches = 14
    for (let kill = 0; kill < batches; kill += 1) {
      database.statementsLeft = kill
      await send([event(`${kill}-a`), event(`${kill}-b`)])
      await untilCounted(BigInt(2 * (kill + 1)))
    }
    expect(database.failures).toBeGreaterThanOrEqual(5)
    expect(await counted()).toEqual({ events: BigInt(2 * batches), rejected: 0n })
    expect(await receivables()).toEqual([String(20 * batches)])
    expect((await posted()).flatMap(({ events }) => events)).toHaveLength(2 * batches)
    expect(await health.unready()).toEqual([])
  })

  it('L-4 killed after the commit and before it knows, it repeats nothing (PX-03)', async () => {
    await start()
    database.failAfterCommit = true
    await send([event('a')])
    await untilCounted(1n)
    await send([event('b')])
    await untilCounted(2n)
    expect(database.failures).toBe(1)
    expect(await receivables()).toEqual(['20'])
    expect((await posted()).flatMap(({ events }) => events).map(({ id }) => id)).toEqual(['a', 'b'])
  })

  it('L-4 a second worker on the same partitions costs nothing but a look', async () => {
    await start()
    const first = consumer!
    const other = new EmbeddedBus(database, { partitions: PARTITIONS })
    await other.start()
    const second = new PostRatedConsumer(database, other, new HealthRegistry(log), log)
    await second.onApplicationBootstrap()
    for (let n = 0; n < 30; n += 1) await send([event(`e${n}`)])
    await untilCounted(30n)
    await second.beforeApplicationShutdown()
    await other.close()
    expect(consumer).toBe(first)
    expect(await counted()).toEqual({ events: 30n, rejected: 0n })
    expect(await receivables()).toEqual(['300'])
  })

  it('L-4 after a restart it goes on where the last commit stood', async () => {
    await start()
    await send([event('a')])
    await untilCounted(1n)
    await consumer!.beforeApplicationShutdown()
    await send([event('b')])
    await start()
    await untilCounted(2n)
    expect(await receivables()).toEqual(['20'])
    const positions = await readPositions(database, 'ledger', usageRatedTopic)
    expect(positions.find(({ partition }) => partition === bus.partitionOf(WORKSPACES[0]))?.nextOffset).toBe(2n)
  })

  it('L-3 dead-letters an event that cannot be posted, alone and with its reason, and posts the others', async () => {
    const wrong: RatedUsage = { ...event('wrong'), price_nanos: '11' }
    await send([event('a'), wrong, event('b'), { id: 'nothing else' }])
    await send([{ ...event('a'), ...event('a', 99n) }])
    await send([event('c')])
    await start()
    await untilCounted(3n, 3n)
    expect(await receivables()).toEqual(['30'])
    const found = (await letters()).sort((x, y) => y.id!.localeCompare(x.id!))
    expect(found.map(({ id, reason, origin }) => [id, reason.code, origin.index])).toEqual([
      ['wrong', 'event.not_postable', 1],
      ['nothing else', 'event.not_postable', 3],
      ['a', 'event.not_postable', 0],
    ])
    expect(found[0]).toMatchObject({ workspace_id: WORKSPACES[0], source: 'spec', rejected_by: 'ledger' })
    expect(JSON.parse(found[0]!.event)).toEqual(wrong)
    expect(found[0]!.reason.detail).toContain('price of 10, and it says 11')
    expect(found[1]!.reason.detail).toContain('workspace_id')
    expect(found[2]!.reason.detail).toContain('posted already')
  })

  it('L-3 a record that cannot be read never blocks its partition', async () => {
    await bus.append([{ topic: usageRatedTopic, key: WORKSPACES[0], value: Buffer.from([0xff, 0x00]) }])
    await send([event('a')])
    await start()
    await untilCounted(1n, 1n)
    expect(await letters()).toEqual([
      expect.objectContaining({
        encoding: 'base64',
        event: '/wA=',
        reason: expect.objectContaining({ code: 'record.not_readable' }),
      }),
    ])
    expect(await readLedger(database)).toHaveLength(2 + 4)
  })
})
