import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describeWith, engineUrl, freshDatabase, until } from '@portitor/testing'
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { Database } from './database.ts'
import { migrate, migration } from './migrate.ts'
import { rolesStatement } from './roles.ts'

/** A process of its own that migrates as a service does at its start. */
const program = `
import { migrate, migration } from ${JSON.stringify(new URL('./migrate.ts', import.meta.url).href)}
const slow = 'create table counted.rows (n int); select pg_sleep(0.3); insert into counted.rows values (1)'
await migrate(process.argv[1], 'counted', [migration(1, 'First', slow), migration(2, 'Second', 'insert into counted.rows values (2)')])`

describeWith(['postgres'], 'migrations', () => {
  let fresh: Awaited<ReturnType<typeof freshDatabase>>
  let admin: pg.Client
  beforeEach(async () => {
    fresh = await freshDatabase()
    admin = new pg.Client({ connectionString: fresh.url })
    await admin.connect()
  })
  afterEach(async () => {
    await admin.end()
    await fresh.drop()
  })
  const rows = async (statement: string) => (await admin.query(statement)).rows
  const ran = async (schema: string) =>
    (await rows(`select name from ${schema}.migrations order by id`)).map(({ name }) => name)

  it('O-6 run once each, in order, when several processes start together', async () => {
    const codes = await Promise.all(
      [1, 2, 3].map(async () => {
        const child = spawn(process.execPath, ['--input-type=module', '-e', program, fresh.url], { stdio: 'inherit' })
        return (await once(child, 'exit'))[0]
      }),
    )
    expect(codes).toEqual([0, 0, 0])
    expect(await rows('select n from counted.rows order by n')).toEqual([{ n: 1 }, { n: 2 }])
    expect(await ran('counted')).toEqual(['First0000000000001', 'Second0000000000002'])
  })

  it('O-6 are safe to run twice, and a later start runs only what is new', async () => {
    const first = migration(1, 'First', 'create table kept.rows (n int)')
    const second = migration(2, 'Second', 'insert into kept.rows values (2)')
    await migrate(fresh.url, 'kept', [first])
    await migrate(fresh.url, 'kept', [second, first])
    await migrate(fresh.url, 'kept', [first, second])
    expect(await rows('select n from kept.rows')).toEqual([{ n: 2 }])
  })

  it('O-6 a step that fails leaves nothing of itself, keeps the ones before it, and can be repaired and run again', async () => {
    const first = migration(1, 'First', 'create table half.rows (n int)')
    const failing = migration(
      2,
      'Second',
      'insert into half.rows values (1); create table half.more (n int); select 1 / 0',
    )
    await expect(migrate(fresh.url, 'half', [first, failing])).rejects.toThrow('division by zero')
    expect(await ran('half')).toEqual(['First0000000000001'])
    expect(await rows('select n from half.rows')).toEqual([])
    expect(await rows(`select to_regclass('half.more') as more`)).toEqual([{ more: null }])
    await migrate(fresh.url, 'half', [first, migration(2, 'Second', 'insert into half.rows values (1)')])
    expect(await rows('select n from half.rows')).toEqual([{ n: 1 }])
  })

  it('O-6 of one service say nothing about those of another', async () => {
    await Promise.all(
      ['one', 'two'].map((schema) =>
        migrate(fresh.url, schema, [migration(1, 'First', `create table ${schema}.t (n int)`)]),
      ),
    )
    expect([await ran('one'), await ran('two')]).toEqual([['First0000000000001'], ['First0000000000001']])
  })

  it('O-6 of two databases of one new cluster may run at once: whoever comes second takes the roles that the first makes', async () => {
    const role = `role_${randomBytes(4).toString('hex')}`
    const second = await freshDatabase()
    const other = new pg.Client({ connectionString: second.url })
    await other.connect()
    try {
      await admin.query('begin')
      await admin.query(rolesStatement([role]))
      const { rows: own } = await other.query<{ pid: number }>('select pg_backend_pid() as pid')
      const waiting = other.query(rolesStatement([role]))
      const blocked = `select from pg_stat_activity where wait_event_type = 'Lock' and pid = ${own[0]!.pid}`
      await until(async () => (await rows(blocked)).length === 1, 'the second one waits')
      await admin.query('commit')
      await expect(waiting).resolves.toBeDefined()
    } finally {
      await other.end()
      await second.drop()
      await admin.query(`drop role ${role}`)
    }
  })

  it('need no superuser: an owner who may create roles can run them and act as the service', async () => {
    const owner = `owner_${randomBytes(4).toString('hex')}`
    const url = new URL(fresh.url)
    await admin.query(`create role ${owner} login createrole password 'owner'`)
    try {
      // On a server where another superuser made the roles already, an administrator hands them on.
      await migrate(engineUrl('postgres').replace(/\/[^/]*$/, url.pathname), 'before', [])
      await admin.query(`grant portitor_service, portitor_tenant to ${owner}`)
      await admin.query(`alter database ${url.pathname.slice(1)} owner to ${owner}`)
      url.username = owner
      url.password = 'owner'
      await migrate(url.toString(), 'owned', [
        migration(1, 'First', 'create table owned.t (n int); grant select on owned.t to portitor_service'),
      ])
      const database = new Database({ url: url.toString(), connectionsMax: 1, applicationName: 'spec' })
      expect((await database.query('select n from owned.t')).rows).toEqual([])
      await database.close()
    } finally {
      await admin.query(`reassign owned by ${owner} to current_user`)
      await admin.query(`drop owned by ${owner}`)
      await admin.query(`drop role ${owner}`)
    }
  })

  it('are forward-only', async () => {
    await expect(new (migration(1, 'First', 'select 1'))().down({} as never)).rejects.toThrow('forward-only')
  })
})
