import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { until } from '@portitor/testing'
import { clusterName, guardName } from './leftovers.ts'
import { fromPs, runningProcesses } from './process-table.ts'
import {
  countWritten,
  endChildren,
  insertUntilBroken,
  untilWritten,
  isAlive,
  serverInChild,
  temporaryFolder,
  withClient,
} from './server-in-child.fixture.ts'

const killed = async (child: { kill(signal: NodeJS.Signals): boolean }) => {
  const exit = once(child as never, 'exit')
  child.kill('SIGKILL')
  await exit
}

describe('what a killed run leaves', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let dataDir: string
  let cluster: string
  beforeAll(async () => {
    folder = await temporaryFolder()
    dataDir = join(folder.path, 'data')
    cluster = join(dataDir, 'postgres')
  })
  afterEach(endChildren)
  afterAll(() => folder.remove())

  const processesOf = async (name: string) =>
    (await runningProcesses()).filter(({ command }) => command.includes(name)).map(({ pid }) => pid)
  /** The shells that end the server when its parent is gone: killed too, the server is a true orphan. */
  const killGuard = async () => {
    const isGuard = (command: string) => command.includes(guardName) && command.includes(clusterName(cluster))
    const guards = (await runningProcesses()).filter(({ command }) => isGuard(command))
    // The lifeline before the shell that started it: our end of the pipe closes when that shell is gone.
    for (const { pid } of guards.toSorted((a, b) => b.pid - a.pid)) process.kill(pid, 'SIGKILL')
  }

  it('SIGKILL of the owner takes its server along', async () => {
    const { child, pid } = await serverInChild(dataDir)
    await killed(child)
    await until(async () => !(await isAlive(pid)), 'the server ends')
  })

  it('an orphaned server that still works is ended by the next start, and every committed row is there', async () => {
    const first = await serverInChild(dataDir)
    const acknowledged = insertUntilBroken(first.url)
    await untilWritten(first.url)
    await killGuard()
    await killed(first.child)
    await sleep(300)
    expect(await isAlive(first.pid)).toBe(true)
    const second = await serverInChild(dataDir)
    const committed = await acknowledged
    expect(second.told()).toContain('ending the PostgreSQL of an earlier run (process ')
    expect(await isAlive(first.pid)).toBe(false)
    expect(committed).toBeGreaterThan(10)
    expect([committed, committed + 1]).toContain(await countWritten(second.url))
    await second.stop()
  })

  it('a backend that outlives its server and holds the shared memory is ended, and nothing else', async () => {
    const first = await serverInChild(dataDir)
    const other = await temporaryFolder()
    const neighbour = await serverInChild(join(other.path, 'data'))
    const client = new pg.Client({ connectionString: first.url })
    client.on('error', () => undefined)
    await client.connect()
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    const backend = rows[0]!.pid
    // Stopped, so it cannot notice that its postmaster is gone.
    process.kill(backend, 'SIGSTOP')
    process.kill(first.pid, 'SIGKILL')
    await killed(first.child)
    expect(await isAlive(backend)).toBe(true)
    const second = await serverInChild(dataDir)
    await until(async () => !(await isAlive(backend)), 'the backend is gone')
    await client.end()
    expect(await countWritten(second.url)).toBeGreaterThan(10)
    expect((await withClient(neighbour.url, (client) => client.query('select 1 as one'))).rows).toEqual([{ one: 1 }])
    await Promise.all([second.stop(), neighbour.stop()])
    await other.remove()
  })

  it('a process id that now belongs to somebody else is left alone', async () => {
    const { uid, gid } = await stat(cluster)
    const stranger = spawn('sleep', ['900'], process.getuid?.() === 0 ? { uid, gid } : {})
    const long = Math.floor(Date.now() / 1_000) - 86_400
    await writeFile(join(cluster, 'postmaster.pid'), `${stranger.pid}\n${cluster}\n${long}\n5432\n\n127.0.0.1\n`)
    const server = await serverInChild(dataDir)
    expect(await isAlive(stranger.pid!)).toBe(true)
    await server.stop()
    await killed(stranger)
  })

  it('a server that somebody started by hand on this folder is left alone, and named', async () => {
    const first = await serverInChild(dataDir)
    const args = (await readFile(join(cluster, 'postmaster.opts'), 'utf8')).split(' ')[0]!
    await first.stop()
    const { uid, gid } = await stat(cluster)
    const byHand = spawn(
      args,
      ['-D', cluster, '-c', 'listen_addresses=', '-c', `unix_socket_directories=${cluster}`, '-c', 'port=54999'],
      {
        ...(process.getuid?.() === 0 ? { uid, gid } : {}),
        cwd: '/',
        stdio: 'ignore',
      },
    )
    await until(
      async () => /ready/.test(await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')),
      'it runs',
    )
    await expect(serverInChild(dataDir)).rejects.toThrow(
      `PostgreSQL (process ${byHand.pid}) runs on ${cluster} and was not started by Portitor: stop it first`,
    )
    expect(byHand.exitCode).toBeNull()
    byHand.kill('SIGINT')
    await once(byHand, 'exit')
  })

  it('two starts: the second says so in one line and exits, the first goes on', async () => {
    const first = await serverInChild(dataDir)
    await expect(serverInChild(dataDir)).rejects.toThrow(
      `exit code 1: the data directory ${dataDir} is in use by process ${first.child.pid}: stop that one first`,
    )
    expect(await countWritten(first.url)).toBeGreaterThan(10)
    await first.stop()
    expect(await processesOf(clusterName(cluster))).toEqual([])
  })

  it('sees the same processes through ps as through /proc', async () => {
    const before = Date.now()
    const own = (entries: Awaited<ReturnType<typeof fromPs>>) => entries.find(({ pid }) => pid === process.pid)!
    const [here, there] = [own(await runningProcesses()), own(await fromPs())]
    expect(there.uid).toBe(here.uid)
    expect(there.command).toBe(here.command)
    expect(Math.abs(there.startedAtMs - here.startedAtMs)).toBeLessThanOrEqual(2_000 + Date.now() - before)
  })
})
