import { randomBytes } from 'node:crypto'
import type { Topic } from '@portitor/contracts'
import { Database, migrate, migration, type Queryable } from '@portitor/postgres'
import { describeWith, engineUrl, type Engine, freshDatabase, until } from '@portitor/testing'
import {
  BatchConflict,
  type Bus,
  busMigrations,
  consumeExactlyOnce,
  EmbeddedBus,
  type ExactlyOnceOptions,
  type ExactlyOnceSubscription,
  KafkaBus,
  type LogRecord,
  PRODUCER_HEADER,
  readPositions,
  SEQUENCE_HEADER,
} from './index.ts'

const PARTITIONS = 4
const effectsMigrations = [
  migration(
    1,
    'Effects',
    `create table effects.effects (item text not null, at bigserial);
     create table effects.counters (name text primary key, total bigint not null check (total <> 666));
     grant all on all tables in schema effects to portitor_service; grant all on all sequences in schema effects to portitor_service`,
  ),
]

interface World {
  readonly database: Database
  readonly bus: Bus
  readonly source: Topic
  readonly target: Topic
  readonly dead: Topic
  readonly compacted: Topic
  /** A second process on the same log. */
  another(): Promise<Bus>
}

function contract(name: string, engines: readonly Engine[], open: (database: Database, topics: Topic[]) => Bus): void {
  describeWith(engines, `the log on ${name}`, () => {
    let world: World
    let end: () => Promise<void>
    const subscriptions: { close(): Promise<void> }[] = []

    beforeEach(async () => {
      const fresh = await freshDatabase()
      await migrate(fresh.url, 'bus', busMigrations)
      await migrate(fresh.url, 'effects', effectsMigrations)
      const database = new Database({ url: fresh.url, connectionsMax: 8, applicationName: 'contract' })
      const mark = randomBytes(4).toString('hex')
      const topic = (title: string, compacted = false): Topic => ({ name: `test.${title}.${mark}`, compacted })
      const topics = [topic('source'), topic('target'), topic('dead'), topic('compacted', true)]
      const bus = open(database, topics)
      await bus.start()
      const others: Bus[] = []
      const another = async () => {
        const other = open(database, topics)
        others.push(other)
        await other.start()
        return other
      }
      world = {
        database,
        bus,
        source: topics[0]!,
        target: topics[1]!,
        dead: topics[2]!,
        compacted: topics[3]!,
        another,
      }
      end = async () => {
        for (const subscription of subscriptions.splice(0)) await subscription.close()
        for (const other of others) await other.close()
        await bus.close()
        await database.close()
        await fresh.drop()
      }
    })
    afterEach(() => end())

    const consume = async (
      options: Partial<ExactlyOnceOptions<string>> = {},
      bus: Bus = world.bus,
    ): Promise<ExactlyOnceSubscription> => {
      const subscription = await consumeExactlyOnce<string>(bus, world.database, {
        consumer: `${world.source.name}.worker`,
        topic: world.source,
        decode: (record) => JSON.parse(record.value!.toString()) as string[],
        handle: async (tx, items) => {
          await tx.query('insert into effects.effects (item) select unnest($1::text[])', [items])
          return [{ topic: world.target, key: 'k', value: JSON.stringify(items) }]
        },
        deadLetter: (_tx, { item, error }) => ({
          topic: world.dead,
          key: 'k',
          value: JSON.stringify([item, error.message]),
        }),
        alarm: () => undefined,
        ...options,
      })
      subscriptions.push(subscription)
      return subscription
    }
    const send = (items: string[], partition = 0) =>
      world.bus.append([{ topic: world.source, key: null, partition, value: JSON.stringify(items) }])
    const effects = async () => {
      const { rows } = await world.database.query<{ item: string }>('select item from effects.effects order by at')
      return rows.map((row) => row.item)
    }
    const collect = async (topic: Topic): Promise<LogRecord[]> => {
      const records: LogRecord[] = []
      const follower = await world.bus.follow(topic, 'collect', (record) => records.push(record))
      subscriptions.push(follower)
      await follower.caughtUp
      return records
    }
    const names = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => `item-${from + n}`)

    it('L-4 handles every item once and in the order of its partition', async () => {
      for (let n = 0; n < 40; n += 1) await send(names(n * 5, n * 5 + 5))
      await consume({ itemsPerBatchMax: 20 })
      await until(async () => (await effects()).length >= 200)
      await send(['last'])
      await until(async () => (await effects()).includes('last'))
      expect(await effects()).toEqual([...names(0, 200), 'last'])
    })

    it('L-4 publishes what a handler returns if and only if its transaction commits', async () => {
      let failures = 3
      await consume({
        handle: async (tx, items) => {
          await tx.query('insert into effects.effects (item) select unnest($1::text[])', [items])
          if (failures-- > 0) throw new BatchConflict('once more')
          return [{ topic: world.target, key: 'k', value: JSON.stringify(items) }]
        },
      })
      await send(['a', 'b'])
      await until(async () => (await effects()).length > 0)
      const records: string[] = []
      subscriptions.push(
        await world.bus.follow(world.target, 'seen', (record) => records.push(record.value!.toString())),
      )
      await until(async () => records.length > 0)
      await new Promise((resolve) => setTimeout(resolve, 300))
      expect([await effects(), records]).toEqual([['a', 'b'], ['["a","b"]']])
    })

    it('L-4 goes on after a restart from the stored position, with nothing lost or repeated', async () => {
      const first = await consume()
      await send(['a'])
      await until(async () => (await effects()).length === 1)
      await first.close()
      await send(['b'])
      await consume()
      await until(async () => (await effects()).length === 2)
      expect(await effects()).toEqual(['a', 'b'])
    })

    it('L-4 two processes that read the same partitions at once have each effect once', async () => {
      await consume({ itemsPerBatchMax: 3 })
      await consume({ itemsPerBatchMax: 5 }, await world.another())
      for (let n = 0; n < 60; n += 1) await send(names(n * 2, n * 2 + 2), n % PARTITIONS)
      await until(async () => (await effects()).length >= 120)
      expect((await effects()).sort()).toEqual(names(0, 120).sort())
    })

    it('L-4 a workspace spread over all partitions is counted exactly', async () => {
      const count = async (tx: Queryable, items: string[]) => {
        await tx.query(`insert into effects.counters values ('w', 0) on conflict do nothing`)
        const { rows } = await tx.query<{ total: bigint }>(
          `select total from effects.counters where name = 'w' for update`,
        )
        await tx.query(`update effects.counters set total = $1`, [rows[0]!.total + BigInt(items.length)])
        return []
      }
      await consume({ partitionsAtOnceMax: PARTITIONS, itemsPerBatchMax: 4, handle: count })
      for (let n = 0; n < 80; n += 1) await send(names(n * 4, n * 4 + 4), n % PARTITIONS)
      const total = async () =>
        (await world.database.query<{ total: bigint }>('select total from effects.counters')).rows[0]?.total
      await until(async () => (await total()) === 320n)
      await new Promise((resolve) => setTimeout(resolve, 200))
      expect(await total()).toBe(320n)
    })

    it('M-7 dead-letters what cannot be decoded or written and lets the rest of the batch pass', async () => {
      await world.bus.append([
        { topic: world.source, key: null, partition: 0, value: JSON.stringify(['a', 'b', '\u0000', 'c']) },
        { topic: world.source, key: null, partition: 0, value: Buffer.from([0xff, 0xfe]) },
        { topic: world.source, key: null, partition: 0, value: JSON.stringify(['d']) },
      ])
      await consume()
      await until(async () => (await effects()).length >= 4)
      expect(await effects()).toEqual(['a', 'b', 'c', 'd'])
      await until(async () => (await collect(world.dead)).length === 2)
      const dead = (await collect(world.dead)).map((record) => (JSON.parse(record.value!.toString()) as unknown[])[0])
      expect(dead.sort()).toEqual(['\u0000', null])
    })

    it('retries, and never dead-letters, while the database refuses for reasons that lie outside of the data', async () => {
      let failures = 4
      await consume({
        handle: async (tx, items) => {
          if (failures-- > 0) await tx.query('select * from effects.absent')
          await tx.query('insert into effects.effects (item) select unnest($1::text[])', [items])
          return []
        },
      })
      await send(['a'])
      await until(async () => (await effects()).length === 1)
      expect(await collect(world.dead)).toEqual([])
    })

    it('a compacted topic gives a late reader the last state of every key', async () => {
      for (let n = 0; n < 50; n += 1) {
        await world.bus.append([{ topic: world.compacted, key: `key-${n % 5}`, value: String(n) }])
      }
      const state = new Map<string, string>()
      const follower = await world.bus.follow(world.compacted, 'state', (record) => {
        state.set(record.key!, record.value!.toString())
      })
      subscriptions.push(follower)
      await follower.caughtUp
      expect(Object.fromEntries([...state].sort())).toEqual({
        'key-0': '45',
        'key-1': '46',
        'key-2': '47',
        'key-3': '48',
        'key-4': '49',
      })
      await world.bus.append([{ topic: world.compacted, key: 'key-0', value: 'new' }])
      await until(async () => state.get('key-0') === 'new')
    })

    it('keeps the producer and its sequence on everything that was published in a transaction', async () => {
      await world.database.transaction(async (tx) => {
        await world.bus.publish(
          tx,
          [1, 2, 3].map((n) => ({ topic: world.target, partition: 1, key: null, value: String(n) })),
        )
      })
      world.bus.committed()
      const records: LogRecord[] = []
      subscriptions.push(await world.bus.follow(world.target, 'read', (record) => records.push(record)))
      await until(async () => records.length === 3)
      expect(records.map((record) => [record.headers[SEQUENCE_HEADER], record.value!.toString()])).toEqual([
        ['0', '1'],
        ['1', '2'],
        ['2', '3'],
      ])
      expect(new Set(records.map((record) => record.headers[PRODUCER_HEADER])).size).toBe(1)
    })

    it('an aborted transaction leaves no record and no gap in the numbering', async () => {
      const publish = (text: string, fail: boolean) =>
        world.database.transaction(async (tx) => {
          await world.bus.publish(tx, [{ topic: world.target, partition: 0, key: null, value: text }])
          if (fail) throw new Error('aborted')
        })
      await publish('a', false)
      await expect(publish('b', true)).rejects.toThrow('aborted')
      await publish('c', false)
      const records: LogRecord[] = []
      subscriptions.push(await world.bus.follow(world.target, 'read', (record) => records.push(record)))
      await until(async () => records.length === 2)
      expect(records.map((record) => [record.headers[SEQUENCE_HEADER], record.value!.toString()])).toEqual([
        ['0', 'a'],
        ['1', 'c'],
      ])
    })

    it('a position moves with the sequences, so a snapshot of it is a cut through the log', async () => {
      await send(['a'], 2)
      const worker = await consume()
      await until(async () => (await effects()).length === 1)
      await worker.close()
      const positions = await readPositions(world.database, `${world.source.name}.worker`, world.source)
      expect(positions).toMatchObject([{ partition: 2, nextOffset: 1n }])
    })

    it('shows a stretch of the log without taking a position', async () => {
      for (let n = 0; n < 6; n += 1) await send([`item-${n}`], 1)
      const seen: string[] = []
      await world.bus.read(world.source, new Map([[1, { from: 2n, to: 5n }]]), (record) =>
        seen.push(record.value!.toString()),
      )
      expect(seen).toEqual(['["item-2"]', '["item-3"]', '["item-4"]'])
    })

    it('counts what a partition holds', async () => {
      await send(['a'], 3)
      await send(['b'], 3)
      const ranges = await world.bus.ranges(world.source)
      expect(ranges.map((range) => range.high - range.low)).toEqual([0n, 0n, 0n, 2n])
    })
  })
}

contract('the tables of Postgres', ['postgres'], (database) => new EmbeddedBus(database, { partitions: PARTITIONS }))
contract(
  'Kafka',
  ['postgres', 'kafka'],
  (database, topics) =>
    new KafkaBus(database, {
      brokers: engineUrl('kafka').split(','),
      service: 'contract',
      partitions: PARTITIONS,
      topics,
      log: () => undefined,
    }),
)
