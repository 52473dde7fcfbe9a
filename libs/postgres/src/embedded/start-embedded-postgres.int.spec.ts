import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '@portitor/testing'
import { Database, type Queryable } from '../database.ts'
import { migrate, migration } from '../migrate.ts'
import { tenantTable } from '../row-level-security.ts'
import {
  countWritten,
  insertUntilBroken,
  untilWritten,
  temporaryFolder,
  withClient,
} from './server-in-child.fixture.ts'
import { startEmbeddedPostgres, type EmbeddedPostgres } from './start-embedded-postgres.ts'

describe('the embedded PostgreSQL', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let dataDir: string
  const lines: string[] = []
  let server: EmbeddedPostgres | undefined
  const start = async () => (server = await startEmbeddedPostgres({ dataDir, log: (line) => lines.push(line) }))

  beforeAll(async () => {
    folder = await temporaryFolder()
    dataDir = join(folder.path, 'data')
  })
  afterEach(async () => {
    await server?.stop()
    server = undefined
  })
  afterAll(() => folder.remove())

  it('O-1 answers on the loopback interface with everything on that makes a commit durable', async () => {
    const { url } = await start()
    const { rows } = await withClient(url, (client) =>
      client.query<{ name: string; setting: string }>('select name, setting from pg_settings'),
    )
    const settings = Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))
    expect(settings).toMatchObject({
      listen_addresses: '127.0.0.1',
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      data_checksums: 'on',
      server_encoding: 'UTF8',
      lc_messages: 'C',
      TimeZone: 'UTC',
      max_connections: '200',
    })
    expect(settings['server_version']).toMatch(/^18\./)
  })

  it('I-4 connects as an owner whom row-level security holds: no superuser, nothing bypassed', async () => {
    const { url } = await start()
    const { rows } = await withClient(url, (client) =>
      client.query('select rolsuper, rolbypassrls, rolcreatedb from pg_roles where rolname = current_user'),
    )
    expect(rows).toEqual([{ rolsuper: false, rolbypassrls: false, rolcreatedb: false }])
  })

  it('I-4 lets that owner run migrations and services act as roles that own nothing', async () => {
    const { url } = await start()
    const table = 'create table owned.t (workspace_id uuid)'
    const grants = 'grant select, insert on owned.t to portitor_service; grant select on owned.t to portitor_tenant'
    await migrate(url, 'owned', [migration(1, 'First', `${table}; ${tenantTable('owned.t')}; ${grants}`)])
    const database = new Database({ url, connectionsMax: 1, applicationName: 'spec' })
    await database.query('insert into owned.t values ($1)', [randomUUID()])
    expect((await database.query('select count(*) as n from owned.t')).rows).toEqual([{ n: 1n }])
    const count = async (tx: Queryable) => (await tx.query('select count(*) as n from owned.t')).rows
    expect(await database.asTenant(randomUUID(), count)).toEqual([{ n: 0n }])
    await database.close()
  })

  it('I-11 keeps a random password in a file of mode 0600, refuses others and writes it into no log', async () => {
    const { url } = await start()
    const { password } = new URL(url)
    expect(password).toMatch(/^[\w-]{43}$/)
    expect((await stat(join(dataDir, 'postgres.password'))).mode & 0o777).toBe(0o600)
    await expect(withClient(url.replace(password, 'wrong'), async () => undefined)).rejects.toThrow(/password/)
    expect(`${await readFile(join(dataDir, 'postgres.log'), 'utf8')}${lines.join('\n')}`).not.toContain(password)
  })

  it('a second start keeps the data', async () => {
    const first = await start()
    await withClient(first.url, async (client) => {
      await client.query('create table kept (what text)')
      await client.query(`insert into kept values ('this')`)
    })
    await first.stop()
    const { url } = await start()
    expect((await withClient(url, (client) => client.query('select what from kept'))).rows).toEqual([{ what: 'this' }])
  })

  it('SIGKILL of the server under load loses no committed row, and is told', async () => {
    const { url, pid, ended } = await start()
    const acknowledged = insertUntilBroken(url)
    await untilWritten(url)
    process.kill(pid, 'SIGKILL')
    const committed = await acknowledged
    expect(await ended).toMatch(`process ${pid}) ended by itself`)
    await server!.stop()
    // A statement whose answer was lost may have been committed as well.
    const found = await countWritten((await start()).url)
    expect(committed).toBeGreaterThan(10)
    expect([committed, committed + 1]).toContain(found)
  })

  it('stops the sessions of others and is gone afterwards', async () => {
    const { url, stop } = await start()
    const broken = insertUntilBroken(url)
    await untilWritten(url)
    await stop()
    await broken
    await until(
      () => withClient(url, async () => false).catch((error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED'),
      'the port is closed',
    )
  })

  it('begins anew where the first start was killed before it was done', async () => {
    dataDir = join(folder.path, 'half')
    await mkdir(join(dataDir, 'postgres.unfinished', 'base'), { recursive: true })
    await writeFile(join(dataDir, 'postgres.password'), 'of the start that was killed\n')
    const { url } = await start()
    expect((await withClient(url, (client) => client.query('select 1 as one'))).rows).toEqual([{ one: 1 }])
  })

  it('never makes an empty database in place of one that is gone or of another release', async () => {
    dataDir = join(folder.path, 'data')
    const cluster = join(dataDir, 'postgres')
    await rename(cluster, `${cluster}.away`)
    await expect(start()).rejects.toThrow(`the database is gone from ${cluster}: restore it, or remove`)
    await mkdir(cluster)
    await writeFile(join(cluster, 'PG_VERSION'), '17\n')
    await expect(start()).rejects.toThrow('was made by PostgreSQL 17, this is 18: dump it')
    await rm(cluster, { recursive: true })
    await rename(`${cluster}.away`, cluster)
    expect(await countWritten((await start()).url)).toBeGreaterThan(10)
  })
})
