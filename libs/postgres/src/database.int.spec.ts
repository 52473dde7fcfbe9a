import { describeWith, freshDatabase } from '@portitor/testing'
import { Database } from './database.ts'
import { migrate, migration } from './migrate.ts'

describeWith(['postgres'], 'the database of a service', () => {
  let fresh: Awaited<ReturnType<typeof freshDatabase>>
  let database: Database
  beforeAll(async () => {
    fresh = await freshDatabase()
    const table = 'create table things.amounts (id int primary key, nanos bigint, total numeric(38,0))'
    const granted = 'grant select, insert on things.amounts to portitor_service'
    await migrate(fresh.url, 'things', [migration(1, 'Amounts', `${table}; ${granted}`)])
    database = new Database({ url: fresh.url, connectionsMax: 3, applicationName: 'spec' })
  })
  afterAll(async () => {
    await database.close()
    await fresh.drop()
  })

  it('never loses a digit: bigint columns arrive as bigint, numeric ones as text', async () => {
    const nanos = [9_223_372_036_854_775_807n, -9_223_372_036_854_775_808n, 9_007_199_254_740_993n, 0n]
    const total = '99999999999999999999999999999999999999'
    for (const [id, value] of nanos.entries())
      await database.query('insert into things.amounts values ($1, $2, $3)', [id, value, total])
    const { rows } = await database.query('select nanos, total from things.amounts order by id')
    expect(rows).toEqual(nanos.map((value) => ({ nanos: value, total })))
    const sums = await database.query(`select count(*), sum(nanos) as sum, array_agg(id) as ids from things.amounts`)
    expect(sums.rows).toEqual([{ count: 4n, sum: '9007199254740992', ids: [0, 1, 2, 3] }])
  })

  it('keeps the digits through transactions and connections of their own too', async () => {
    const text = 'select 9007199254740993::bigint as n'
    const client = await database.dedicated()
    try {
      expect((await client.query(text)).rows).toEqual([{ n: 9_007_199_254_740_993n }])
    } finally {
      await client.end()
    }
    expect(await database.transaction(async (tx) => (await tx.query(text)).rows)).toEqual([
      { n: 9_007_199_254_740_993n },
    ])
  })

  it('commits what resolves and rolls back what rejects, and hands the connection back either way', async () => {
    const insert = (id: number, fail: boolean) =>
      database.transaction(async (tx) => {
        await tx.query('insert into things.amounts values ($1, 1, 1)', [id])
        if (fail) throw new Error('no')
      })
    for (let times = 0; times < 5; times += 1) await expect(insert(100, true)).rejects.toThrow('no')
    await insert(101, false)
    const { rows } = await database.query('select id from things.amounts where id >= 100')
    expect(rows).toEqual([{ id: 101 }])
  })

  it('reports what broke a transaction and works on with a fresh connection', async () => {
    const broken = database.transaction((tx) => tx.query('select pg_terminate_backend(pg_backend_pid())'))
    await expect(broken).rejects.toThrow(/terminat/)
    expect((await database.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })

  it('with a limit on answers refuses what takes longer, and works on', async () => {
    const hurried = new Database({ ...database.options, connectionsMax: 1, answerMsMax: 200 })
    try {
      // The first gives its connection up; those behind it wait for that one, and no longer than the limit either.
      const waiting = Array.from({ length: 3 }, () => hurried.query('select pg_sleep(30)'))
      for (const { reason } of (await Promise.allSettled(waiting)) as PromiseRejectedResult[])
        expect(String(reason)).toMatch(/Query read timeout|timeout exceeded when trying to connect/)
      const slow = hurried.transaction((tx) => tx.query('select pg_sleep(30)'))
      await expect(slow).rejects.toThrow('Query read timeout')
      expect((await hurried.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    } finally {
      await hurried.close()
    }
  })

  it('reads a snapshot of one moment and writes nothing in it', async () => {
    const count = 'select count(*) as n from things.amounts'
    const [before, after] = await database.snapshot(async (tx) => {
      const first = await tx.query<{ n: bigint }>(count)
      await database.query('insert into things.amounts values (200, 1, 1)')
      return [first.rows[0]!.n, (await tx.query<{ n: bigint }>(count)).rows[0]!.n]
    })
    expect(after).toBe(before)
    const writing = database.snapshot((tx) => tx.query('insert into things.amounts values (201, 1, 1)'))
    await expect(writing).rejects.toThrow('read-only transaction')
  })

  it('acts as a role that owns nothing and cannot create anything', async () => {
    expect((await database.query('select current_user::text as role')).rows).toEqual([{ role: 'portitor_service' }])
    await expect(database.query('create table things.more (i int)')).rejects.toThrow(
      'permission denied for schema things',
    )
    await expect(database.query('drop table things.amounts')).rejects.toThrow('must be owner of table amounts')
    await expect(database.query('select * from things.migrations')).rejects.toThrow('permission denied')
  })
})
