import { randomBytes } from 'node:crypto'
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client'
import { describeWith, engineUrl } from '@portitor/testing'

describeWith(['clickhouse'], 'ClickHouse over HTTP answers its real client', () => {
  const database = `stack_${randomBytes(6).toString('hex')}`
  let client: ClickHouseClient

  beforeAll(async () => {
    const server = createClient({ url: engineUrl('clickhouse') })
    await server.command({ query: `create database ${database}` })
    await server.close()
    client = createClient({ url: engineUrl('clickhouse'), database, log: { level: ClickHouseLogLevel.OFF } })
    await client.command({
      query: `create table events (id String, amount Int64) engine = MergeTree order by id
              settings non_replicated_deduplication_window = 100`,
    })
  })
  afterAll(async () => {
    await client.command({ query: `drop database ${database}` })
    await client.close()
  })

  const rows = async <Row>(query: string, query_params = {}, clickhouse_settings = {}) => {
    const answer = await client.query({ query, query_params, clickhouse_settings, format: 'JSONEachRow' })
    return answer.json<Row>()
  }
  const insert = (id: string, token?: string) =>
    client.insert({
      table: 'events',
      values: [{ id, amount: '9223372036854775807' }],
      format: 'JSONEachRow',
      clickhouse_settings: token === undefined ? {} : { insert_deduplication_token: token },
    })

  it('O-1 answers a ping', async () => {
    expect(await client.ping()).toEqual({ success: true })
    expect(await client.ping({ select: true })).toEqual({ success: true })
  })

  it('O-1 counts a block inserted twice under one deduplication token once, and keeps the token to its request', async () => {
    await insert('twice', 'token-1')
    await insert('twice', 'token-1')
    await insert('another')
    await insert('a third')
    expect(await rows('select id from events order by id')).toEqual([
      { id: 'a third' },
      { id: 'another' },
      { id: 'twice' },
    ])
  })

  it('O-1 reads 64-bit integers exactly where the query asks for them quoted', async () => {
    await insert('large')
    const settings = { output_format_json_quote_64bit_integers: 1 }
    expect(await rows(`select amount from events where id = 'large'`, {}, settings)).toEqual([
      { amount: '9223372036854775807' },
    ])
  })

  it('O-1 binds query parameters of every kind as they were given', async () => {
    const text = `a'b\\c\td\n€; select 1`
    const query = 'select {text:String} as text, {list:Array(String)} as list, {n:Int64} as n'
    expect(
      await rows(query, { text, list: [text, 'x'], n: 7 }, { output_format_json_quote_64bit_integers: 1 }),
    ).toEqual([{ text, list: [text, 'x'], n: '7' }])
  })

  it('O-1 answers what is wrong with its code and name', async () => {
    await expect(client.query({ query: 'select * from nowhere' })).rejects.toMatchObject({
      code: '60',
      type: 'UNKNOWN_TABLE',
    })
    await expect(client.command({ query: 'selec 1' })).rejects.toMatchObject({ code: '62', type: 'SYNTAX_ERROR' })
    await expect(rows('select 1', {}, { no_such_setting: 1 })).rejects.toMatchObject({ code: '115' })
  })

  it('O-1 serves requests side by side, each with its own settings', async () => {
    const settings = Array.from({ length: 8 }, (_, index) => 1 + index)
    const seen = await Promise.all(
      settings.map((max_threads) => rows<{ n: string }>(`select getSetting('max_threads') as n`, {}, { max_threads })),
    )
    expect(seen.map(([row]) => Number(row?.n))).toEqual(settings)
  })
})
