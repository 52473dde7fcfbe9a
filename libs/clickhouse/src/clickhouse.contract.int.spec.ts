import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeWith, engineUrl } from '@portitor/testing'
import fc from 'fast-check'
import { type ClickHouse, ClickHouseRefused, migrateTables, openClickHouse } from './index.ts'

interface World {
  readonly clickhouse: ClickHouse
  end(): Promise<void>
}

const refusal = async (work: Promise<unknown>): Promise<ClickHouseRefused> =>
  work.then(
    () => Promise.reject(new Error('nothing was refused')),
    (error: unknown) => (error instanceof ClickHouseRefused ? error : Promise.reject(error)),
  )

function contract(
  name: string,
  describeIt: (name: string, body: () => void) => void,
  open: () => Promise<World>,
): void {
  describeIt(`ClickHouse ${name}`, () => {
    let world: World
    let clickhouse: ClickHouse
    beforeAll(async () => {
      world = await open()
      clickhouse = world.clickhouse
    })
    afterAll(() => world.end())

    const deduplicating = 'settings non_replicated_deduplication_window = 1000'
    const sumAndCount = async (table: string) =>
      (await clickhouse.query<{ n: string; s: string }>(`select count() as n, sum(v) as s from ${table}`))[0]

    it('A-1 drops a block whose token it has seen, whatever is in it, in dependent views too', async () => {
      await clickhouse.command(`create table d1 (v Int64) engine = MergeTree order by v ${deduplicating}`)
      await clickhouse.command(`create table d1v (v Int64) engine = MergeTree order by v ${deduplicating}`)
      await clickhouse.command('create materialized view d1_to_v to d1v as select v * 10 as v from d1')
      await clickhouse.insert('d1', [{ v: 1 }, { v: 2 }], { token: 'a' })
      await clickhouse.insert('d1', [{ v: 1 }, { v: 2 }], { token: 'a' })
      await clickhouse.insert('d1', [{ v: 7 }], { token: 'a' })
      expect(await sumAndCount('d1')).toEqual({ n: '2', s: '3' })
      expect(await sumAndCount('d1v')).toEqual({ n: '2', s: '30' })
      await clickhouse.insert('d1', [{ v: 1 }, { v: 2 }], { token: 'b' })
      expect(await sumAndCount('d1v')).toEqual({ n: '4', s: '60' })
    })

    it('A-1 completes with a repeat what an interrupted insert left out of a view', async () => {
      await clickhouse.command(`create table d2 (v Int64) engine = MergeTree order by v ${deduplicating}`)
      await clickhouse.command(`create table d2v (v Int64) engine = MergeTree order by v ${deduplicating}`)
      await clickhouse.insert('d2', [{ v: 5 }], { token: 'a' })
      await clickhouse.command('create materialized view d2_to_v to d2v as select v from d2')
      await clickhouse.insert('d2', [{ v: 5 }], { token: 'a' })
      expect([await sumAndCount('d2'), await sumAndCount('d2v')]).toEqual([
        { n: '1', s: '5' },
        { n: '1', s: '5' },
      ])
    })

    it('keeps the settings of a statement out of the next one', async () => {
      await clickhouse.command(`create table d3 (v Int64) engine = MergeTree order by v ${deduplicating}`)
      await clickhouse.insert('d3', [{ v: 1 }], { token: 'same' })
      await clickhouse.insert('d3', [{ v: 2 }])
      await clickhouse.insert('d3', [{ v: 3 }])
      expect(await sumAndCount('d3')).toEqual({ n: '3', s: '6' })
      const [row] = await clickhouse.query<{ a: string }>(
        `select toString(getSetting('max_block_size')) as a`,
        {},
        { settings: { max_block_size: 77 } },
      )
      const [next] = await clickhouse.query<{ a: string }>(`select toString(getSetting('max_block_size')) as a`)
      expect([row!.a, next!.a === '77']).toEqual(['77', false])
    })

    it('A-2 hands out 64-bit and larger integers and decimals as exact text', async () => {
      const [row] = await clickhouse.query(
        `select 9223372036854775807::Int64 as a, 18446744073709551615::UInt64 as b, toInt128('-170141183460469231731687303715884105728') as c,
           toDecimal128('99999999999999999999999999999.999999999', 9) as d, 4294967295::UInt32 as e, map('k', 9223372036854775807::Int64) as f`,
      )
      expect(row).toEqual({
        a: '9223372036854775807',
        b: '18446744073709551615',
        c: '-170141183460469231731687303715884105728',
        d: '99999999999999999999999999999.999999999',
        e: 4294967295,
        f: { k: '9223372036854775807' },
      })
    })

    it('A-2 sums in Int128 do not wrap, and bigint goes in as it is', async () => {
      await clickhouse.command('create table money (v Int64) engine = MergeTree order by v')
      await clickhouse.insert(
        'money',
        Array.from({ length: 4 }, () => ({ v: 9223372036854775807n })),
      )
      const [row] = await clickhouse.query('select sum(toInt128(v)) as whole, sum(v) as wrapped from money')
      expect(row).toEqual({ whole: String(4n * 9223372036854775807n), wrapped: '-4' })
    })

    it('A-9 a parameter stays a value, whatever text it is', async () => {
      const nasty = [
        `x' OR 1=1 --`,
        '\\',
        `\\'; drop table money; --`,
        '{a:String}',
        'tab\tnew\nline',
        '%00',
        '\u0000',
        '😀',
        '',
      ]
      for (const text of nasty) {
        const [row] = await clickhouse.query('select {a:String} as a, {b:Array(String)} as b', {
          a: text,
          b: [text, 'z'],
        })
        expect(row).toEqual({ a: text, b: [text, 'z'] })
      }
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 40 }), async (text) => {
          const [row] = await clickhouse.query<{ a: string }>('select {a:String} as a', { a: text })
          expect(row!.a).toBe(text)
        }),
        { numRuns: 50 },
      )
      const [row] = await clickhouse.query('select {i:Int64} as i, {u:UUID} as u', {
        i: 9223372036854775807n,
        u: '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e',
      })
      expect(row).toEqual({ i: '9223372036854775807', u: '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e' })
    })

    it('says what was refused by number and name', async () => {
      expect(await refusal(clickhouse.query('select * from nowhere'))).toMatchObject({
        code: 60,
        type: 'UNKNOWN_TABLE',
      })
      expect(await refusal(clickhouse.query('selec 1'))).toMatchObject({ code: 62, type: 'SYNTAX_ERROR' })
      expect(await refusal(clickhouse.command('drop table nowhere'))).toMatchObject({ code: 60 })
      expect(await refusal(clickhouse.query('select {i:Int64}', { i: '1; drop table money' }))).toMatchObject({
        code: 457,
      })
      expect(await refusal(clickhouse.insert('nowhere', [{ v: 1 }]))).toMatchObject({ code: 60, type: 'UNKNOWN_TABLE' })
      await clickhouse.command(
        'create table strict (v Int64, constraint positive check v > 0) engine = MergeTree order by v',
      )
      expect(await refusal(clickhouse.insert('strict', [{ v: -1 }]))).toMatchObject({
        code: 469,
        type: 'VIOLATED_CONSTRAINT',
      })
      expect(await refusal(clickhouse.insert('strict', Buffer.from('{"v":"x"}\n')))).toBeInstanceOf(ClickHouseRefused)
      await expect(clickhouse.insert('strict; drop table strict', [{ v: 1 }])).rejects.toThrow('no name of a table')
    })

    it('answers whole or not at all: more rows or more time than allowed is an error', async () => {
      const rows = clickhouse.query('select number from numbers(1000)', {}, { rowsMax: 999 })
      expect(await refusal(rows)).toMatchObject({ code: 396 })
      const slow = clickhouse.query(
        'select sum(sleepEachRow(0.05)) from numbers(200)',
        {},
        {
          secondsMax: 1,
          settings: { max_block_size: 1 },
        },
      )
      expect(await refusal(slow)).toMatchObject({ code: 159, type: 'TIMEOUT_EXCEEDED' })
    })

    it('takes 100,000 rows in one insert', async () => {
      await clickhouse.command('create table wide (id UInt64, text String) engine = MergeTree order by id')
      const text = 'x'.repeat(100)
      await clickhouse.insert(
        'wide',
        Array.from({ length: 100_000 }, (_, id) => ({ id, text: `${text}${id}` })),
      )
      const [row] = await clickhouse.query('select count() as n, sum(id) as s, uniqExact(text) as t from wide')
      expect(row).toEqual({ n: '100000', s: '4999950000', t: '100000' })
      await clickhouse.insert('wide', [])
    })

    it('keeps bytes of JSON lines as they are, fields it has no column for left out', async () => {
      await clickhouse.command('create table texts (t String) engine = MergeTree order by t')
      await clickhouse.insert('texts', Buffer.from('{"t":"a\\u0000b 😀 \\ud83d\\ude00","more":{"x":[1]}}\n'))
      expect(await clickhouse.query('select t from texts')).toEqual([{ t: 'a\u0000b 😀 😀' }])
    })

    it('runs each migration once, however often it is asked', async () => {
      const first = {
        number: 1,
        name: 'first',
        statements: ['create table if not exists m1 (v Int64) engine = MergeTree order by v'],
      }
      const second = { number: 2, name: 'second', statements: ['insert into m1 values (1)'] }
      await migrateTables(clickhouse, [first])
      await migrateTables(clickhouse, [second, first])
      await migrateTables(clickhouse, [first, second])
      expect(await sumAndCount('m1')).toEqual({ n: '1', s: '1' })
      expect(await clickhouse.query('select number, name from migrations final order by number')).toEqual([
        { number: 1, name: 'first' },
        { number: 2, name: 'second' },
      ])
    })
  })
}

contract('embedded', describe, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'portitor-clickhouse-'))
  const clickhouse = await openClickHouse({ dataDir })
  return {
    clickhouse,
    async end() {
      await clickhouse.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
})

contract(
  'over HTTP',
  (name, body) => describeWith(['clickhouse'], name, body),
  async () => {
    const server = await openClickHouse({ url: engineUrl('clickhouse') })
    const database = `test_${randomBytes(6).toString('hex')}`
    await server.command(`create database ${database}`)
    const url = new URL(engineUrl('clickhouse'))
    url.pathname = `/${database}`
    const clickhouse = await openClickHouse({ url: url.toString() })
    return {
      clickhouse,
      async end() {
        await clickhouse.close()
        await server.command(`drop database ${database}`)
        await server.close()
      },
    }
  },
)
