import { type Follower, PRODUCER_HEADER, readPositions, SEQUENCE_HEADER } from '@portitor/bus'
import { type RatedUsage, type UsageRejected, usageRatedTopic, usageRejectedTopic } from '@portitor/contracts'
import { describeWith, until } from '@portitor/testing'
import { log, newHealth, openWorld, type World } from './analytics-world.fixture.ts'
import { BlocksStore } from './blocks.store.ts'
import { type Death, deaths, mortal, relayed, strangers } from './mortal-process.fixture.ts'
import { ratedUsage } from './rated-usage.fixture.ts'
import { RatedUsagesStore } from './rated-usages.store.ts'
import { StoreRatedConsumer } from './store-rated.consumer.ts'

const engines = [
  { engine: 'embedded', needs: ['postgres'] },
  { engine: 'server', needs: ['postgres', 'clickhouse'] },
] as const

for (const { engine, needs } of engines)
  describeWith(needs, `storing rated usage, ${engine}`, () => {
    let world: World
    const consumers: StoreRatedConsumer[] = []
    let follower: Follower | undefined
    beforeEach(async () => (world = await openWorld(engine)))
    afterEach(async () => {
      for (const consumer of consumers.splice(0)) await consumer.beforeApplicationShutdown()
      await follower?.close()
      follower = undefined
      await world.end()
    })

    const start = async (death?: Death) => {
      const mortalConsumer = mortal(world, death)
      consumers.push(mortalConsumer.consumer)
      await mortalConsumer.consumer.onApplicationBootstrap()
      return mortalConsumer
    }
    const isCaughtUp = async () => {
      const ranges = await world.bus.ranges(usageRatedTopic)
      const positions = await readPositions(world.database, 'analytics', usageRatedTopic)
      return ranges.every(
        ({ high }, partition) =>
          high === 0n || positions.find((position) => position.partition === partition)?.nextOffset === high,
      )
    }
    const openBorders = async () => (await world.database.query('select * from analytics.blocks')).rows.length
    const expectStored = async (events: readonly RatedUsage[]) => {
      const expected = {
        events: events.length,
        price: events.reduce((sum, event) => sum + BigInt(event.price_nanos), 0n),
        cost: events.reduce((sum, event) => sum + BigInt(event.cost_nanos), 0n),
      }
      const { rows, hourly, daily, records } = await world.sums()
      const [strange] = await world.clickhouse.query<{ n: string }>(
        'select count() as n from rated_usages where workspace_id = {w:UUID}',
        { w: strangers },
      )
      const without = (sums: typeof rows) => ({ ...sums, events: sums.events - Number(strange!.n) })
      expect([rows, hourly, daily, records].map(without)).toEqual([expected, expected, expected, expected])
      const ids = await world.clickhouse.query<{ id: string }>(
        `select id from rated_usages where workspace_id != {w:UUID} order by id`,
        { w: strangers },
      )
      expect(ids.map(({ id }) => id)).toEqual(events.map(({ id }) => id).sort())
      expect(await openBorders()).toBe(0)
    }
    /** Two months to a record, so that a block is several parts in the engine. */
    const sendSome = async () => {
      const all: RatedUsage[] = []
      for (let n = 0; n < 12; n += 1) {
        const time = n % 2 === 0 ? '2026-03-04T05:06:07.000Z' : '2026-04-05T06:07:08.000Z'
        const events = Array.from({ length: 5 }, (_, k) =>
          ratedUsage({ time, price_nanos: String(n * 10 + k), cost_nanos: String(n) }),
        )
        await world.send(events, n % world.bus.partitions)
        all.push(...events)
      }
      return all
    }

    it('A-1 stores every rated event once, with its rollups, whatever partition it came by', async () => {
      await start()
      const events = await sendSome()
      await until(isCaughtUp)
      events.push(...(await sendSome()))
      await until(isCaughtUp)
      await expectStored(events)
    })

    it.each(deaths)('A-1 a process killed %s changes nothing in the end', async (death) => {
      const events = await sendSome()
      const { consumer, life } = await start(death)
      await until(() => life.dead)
      await consumer.beforeApplicationShutdown()
      await start()
      await until(isCaughtUp)
      await expectStored(events)
      events.push(...(await sendSome()))
      await until(isCaughtUp)
      await expectStored(events)
    })

    it('A-1 goes on in the same process when an insert or Postgres fails for a while', async () => {
      const events = await sendSome()
      let failures = 4
      const flaky = new (class extends RatedUsagesStore {
        override async insert(lines: Uint8Array, token: string | undefined) {
          failures -= 1
          if (failures % 2 === 1) throw new Error('connection lost before')
          await super.insert(lines, token)
          if (failures > 0) throw new Error('connection lost after')
        }
      })(world.clickhouse)
      const consumer = new StoreRatedConsumer(
        world.bus,
        new BlocksStore(world.database, world.bus),
        flaky,
        newHealth(),
        log,
      )
      consumers.push(consumer)
      await consumer.onApplicationBootstrap()
      await until(isCaughtUp)
      await expectStored(events)
      expect(consumer.trouble()).toBeUndefined()
    })

    it('A-1 two processes on the same partitions store everything once', async () => {
      await start()
      await start()
      const events = [...(await sendSome()), ...(await sendSome())]
      await until(isCaughtUp)
      await until(async () => (await openBorders()) === 0)
      await expectStored(events)
    })

    it('A-1 a worker that takes a partition over waits for a writer that lives, and settles nothing of its block', async () => {
      let go: () => void = () => undefined
      const held = new Promise<void>((resolve) => (go = resolve))
      const slow = new (class extends RatedUsagesStore {
        override async insert(lines: Uint8Array, token: string | undefined) {
          await held
          await super.insert(lines, token)
        }
      })(world.clickhouse)
      const settled = new (class extends RatedUsagesStore {
        counted = 0
        override async count(block: Parameters<RatedUsagesStore['count']>[0]) {
          this.counted += 1
          return super.count(block)
        }
      })(world.clickhouse)
      const startWith = async (usages: RatedUsagesStore) => {
        const consumer = new StoreRatedConsumer(
          world.bus,
          new BlocksStore(world.database, world.bus),
          usages,
          newHealth(),
          log,
        )
        consumers.push(consumer)
        await consumer.onApplicationBootstrap()
      }
      const events = await sendSome()
      await startWith(slow)
      await until(async () => (await openBorders()) > 0)
      await startWith(settled)
      await new Promise((resolve) => setTimeout(resolve, 500))
      go()
      await until(isCaughtUp)
      await until(async () => (await openBorders()) === 0)
      await expectStored(events)
      expect(settled.counted).toBe(0)
    })

    const resend = (events: readonly object[], sequence: number) =>
      world.bus.append([
        {
          topic: usageRatedTopic,
          key: null,
          partition: 0,
          value: JSON.stringify({ events }),
          headers: { [PRODUCER_HEADER]: 'rating', [SEQUENCE_HEADER]: String(sequence) },
        },
      ])

    it('L-11 drops what a relay sends twice, and stops at a gap in its numbering', async () => {
      // The embedded log numbers by itself, so a relay's numbers are put in its place.
      const numbered = relayed(world)
      const consumer = new StoreRatedConsumer(
        numbered,
        new BlocksStore(world.database, world.bus),
        new RatedUsagesStore(world.clickhouse),
        newHealth(),
        log,
      )
      consumers.push(consumer)
      const events = Array.from({ length: 4 }, () => [ratedUsage(), ratedUsage()])
      await resend(events[0]!, 7)
      await resend(events[1]!, 8)
      await resend(events[0]!, 7)
      await resend(events[1]!, 8)
      await resend(events[2]!, 9)
      await resend(events[2]!, 9)
      await consumer.onApplicationBootstrap()
      await until(async () => (await world.sums()).rows.events === 6)
      await until(isCaughtUp)
      await expectStored(events.slice(0, 3).flat())
      await resend(events[3]!, 11)
      await until(() => consumer.trouble() !== undefined)
      expect(consumer.trouble()).toContain('portitor.usage.rated.v1/0')
      await expectStored(events.slice(0, 3).flat())
      expect(await isCaughtUp()).toBe(false)
    })

    it('A-1 a poisoned record becomes a dead letter with its reason, and what is around it is stored', async () => {
      const good = Array.from({ length: 6 }, () => ratedUsage())
      const letters: UsageRejected[] = []
      follower = await world.bus.follow(usageRejectedTopic, 'spec', (record) =>
        letters.push(JSON.parse(record.value!.toString()) as UsageRejected),
      )
      const raw = (value: string | Buffer | null) =>
        world.bus.append([{ topic: usageRatedTopic, key: null, partition: 1, value }])
      const { price_nanos: _price, ...unpriced } = ratedUsage({ id: 'unpriced' })
      await world.send([good[0]!], 1)
      await raw('no json')
      await raw(Buffer.from([0xff, 0xfe, 0x00]))
      await raw(null)
      await raw('{"events":[]}')
      await raw('{}')
      await world.send([good[1]!, unpriced, good[2]!], 1)
      await world.send([ratedUsage({ id: 'too much', price_nanos: '9223372036854775808' }), good[3]!], 1)
      await world.send(
        [ratedUsage({ id: 'when', time: 'yesterday' }), ratedUsage({ id: 'who', workspace_id: 'nobody' })],
        1,
      )
      await world.send([good[4]!], 2)
      await start()
      await until(isCaughtUp)
      await world.send([good[5]!], 1)
      await until(isCaughtUp)
      await until(() => letters.length >= 9)
      await expectStored(good)
      const reasons = letters.map(({ id, reason, rejected_by, origin }) =>
        `${rejected_by} ${origin.offset}/${origin.index} ${id ?? ''} ${reason.code} ${reason.field ?? ''}`.trimEnd(),
      )
      // Letters of different workspaces lie in different partitions.
      expect(reasons.sort()).toEqual([
        'analytics 1/0  rated.malformed',
        'analytics 2/0  rated.malformed',
        'analytics 3/0  rated.malformed',
        'analytics 4/0  rated.malformed',
        'analytics 5/0  rated.malformed',
        'analytics 6/1 unpriced rated.invalid price_nanos',
        'analytics 7/0 too much rated.invalid price_nanos',
        'analytics 8/0 when rated.invalid time',
        'analytics 8/1 who rated.invalid workspace_id',
      ])
    })

    it('A-1 takes texts as they are: quotes, zero bytes, halves of surrogate pairs, other scripts', async () => {
      const models = [`it's "quoted" \\ back`, 'zero\u0000byte', 'ünïcode 模型 😀', 'tab\tnew\nline', '{"events":[]}']
      const events = models.map((model) => ratedUsage({ model }))
      await start()
      await world.send([...events, ratedUsage({ model: 'half\ud800' })], 0)
      await until(isCaughtUp)
      const rows = await world.clickhouse.query<{ model: string }>('select distinct model from rated_usages')
      expect(rows.map(({ model }) => model).sort()).toEqual([...models, 'half\\ud800'].sort())
    })
  })
