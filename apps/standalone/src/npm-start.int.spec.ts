import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { jest } from '@jest/globals'

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))
/** Other specs build in this checkout at the same time, and a start waits for them. */
const progressLines =
  /^(Waiting for another command of this checkout \(\w+\) …|Building …|creating the embedded PostgreSQL database)\n/gm
const startMsMax = 300_000
/** Several starts each, also where other specs build first and keep the machine busy. */
jest.setTimeout(900_000)

/** `npm start` without npm, in a process group of its own as a shell would make it. */
function start(args: readonly string[], env: Record<string, string>) {
  const child = spawn(process.execPath, [join(root, 'tools/start.mjs'), ...args], {
    detached: true,
    env: { PATH: process.env['PATH'], ...env },
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => (out += String(chunk)))
  child.stderr.on('data', (chunk) => (err += String(chunk)))
  const ended = once(child, 'close').then(([code]) => {
    return { code: code as number | null, out, err: err.replace(progressLines, '') }
  })
  const isUp = async () => {
    for (const deadline = Date.now() + startMsMax; !/Portitor is up[\s\S]*Engines.*\n/.test(out + err); await sleep(50))
      if (Date.now() > deadline || child.exitCode !== null) throw new Error(`it did not come up: ${out}${err}`)
  }
  started.push({ child, ended })
  return { child, ended, isUp, output: () => out + err }
}
const started: { child: ChildProcess; ended: Promise<unknown> }[] = []

const signalGroup = (child: ChildProcess, signal: NodeJS.Signals) => process.kill(-child.pid!, signal)

describe('npm start', () => {
  let folder: string
  let env: Record<string, string>
  const api = async (method: string, path: string, body?: object) => {
    const key = (await readFile(join(folder, 'data/operator.key'), 'utf8')).trim()
    const response = await fetch(`http://127.0.0.1:${env['PORT']}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: (await response.json()) as { data?: { name: string }[] } }
  }
  const workspaces = async () => (await api('GET', '/api/v1/workspaces')).body.data!.map(({ name }) => name).toSorted()

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portitor-start-'))
    await chmod(folder, 0o755)
    env = { PORT: String(await freePort()), PORTITOR_DATA_DIR: join(folder, 'data') }
  })
  afterEach(async () => {
    for (const { child, ended } of started.splice(0)) {
      if (child.exitCode === null && child.signalCode === null) signalGroup(child, 'SIGKILL')
      await ended
    }
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('explains itself without installing, building or touching any data', async () => {
    const { code, out } = await start(['--help'], env).ended
    expect(code).toBe(0)
    for (const word of ['--once', '--json', '--no-demo', 'PORTITOR_DATA_DIR', 'DATABASE_URL'])
      expect(out).toContain(word)
    expect(await readdir(folder)).toEqual([])
  })

  it('O-2 names a bad variable and exits 1 before it touches any data', async () => {
    const { code, err } = await start(['--no-demo'], { ...env, KAFKA_BROKERS: 'nonsense' }).ended
    expect(code).toBe(1)
    expect(err).toContain('KAFKA_BROKERS was "nonsense": expected host:port')
    expect(await readdir(folder)).toEqual([])
  })

  it('O-2 names a database that cannot be reached, without its password', async () => {
    const url = `postgres://user:secret@127.0.0.1:${await freePort()}/none`
    const { code, err } = await start(['--no-demo'], { ...env, DATABASE_URL: url }).ended
    expect(code).toBe(1)
    expect(err).toMatch(
      /^DATABASE_URL was 127.0.0.1:\d+\/none, which is of no use \(.*\): expected a PostgreSQL 15 or newer/m,
    )
    expect(err).not.toContain('secret')
  })

  it('O-1 brings everything up, shows the generated key once, and ends gracefully on Ctrl-C from everywhere at once', async () => {
    const first = start(['--no-demo'], env)
    await first.isUp()
    const key = (await readFile(join(folder, 'data/operator.key'), 'utf8')).trim()
    expect(first.output()).toContain(key)
    expect((await api('GET', '/health/ready')).status).toBe(200)
    expect((await api('POST', '/api/v1/workspaces', { name: 'first' })).status).toBe(201)
    // The terminal signals the whole group, and npm passes its own on.
    signalGroup(first.child, 'SIGINT')
    signalGroup(first.child, 'SIGINT')
    const { code, out, err } = await first.ended
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('Stopping')
  })

  it('O-1 a second start keeps the data and shows the key no more; SIGKILL of the whole group loses nothing', async () => {
    const second = start(['--no-demo'], env)
    await second.isUp()
    expect(second.output()).toContain('operator.key')
    expect(second.output()).not.toContain((await readFile(join(folder, 'data/operator.key'), 'utf8')).trim())
    expect(await workspaces()).toEqual(['first'])
    expect((await api('POST', '/api/v1/workspaces', { name: 'second' })).status).toBe(201)
    signalGroup(second.child, 'SIGKILL')
    await second.ended
    const third = start(['--no-demo'], env)
    await third.isUp()
    expect(await workspaces()).toEqual(['first', 'second'])
    third.child.kill('SIGTERM')
    expect((await third.ended).code).toBe(0)
  })

  it('O-1 --once --json plays the demo, ends with one line of JSON and exits 0 because everything reconciles', async () => {
    const run = () => start(['--once', '--json'], { ...env, PORTITOR_DATA_DIR: join(folder, 'demo') }).ended
    const { code, out, err } = await run()
    expect({ code, lines: out.trim().split('\n').length }).toEqual({ code: 0, lines: 1 })
    expect(err).toContain('Portitor is up')
    const report = JSON.parse(out)
    expect(report).toMatchObject({ reconciled: true, duplicates: 0 })
    expect(report.ledger_price_nanos).toBe(report.price_nanos)
    expect(report.analytics_price_nanos).toBe(report.price_nanos)
    const plans = report.by_workspace.flatMap((row: { plans: string[] }) => row.plans)
    expect(plans.toSorted()).toEqual(['agent_overage@1', 'agent_subscription@1', 'hybrid@1', 'outcome@1'])
    // The same events again: all are known, and nothing is added, no version of a plan and no fee either.
    const again = await run()
    expect(again.code).toBe(0)
    expect(JSON.parse(again.out)).toMatchObject({
      reconciled: true,
      duplicates: report.events,
      ledger_price_nanos: report.ledger_price_nanos,
      by_workspace: report.by_workspace,
    })
  })

  it('refuses a second start on one data directory, and a port in use, in one line each', async () => {
    const first = start(['--no-demo', '--json'], env)
    await first.isUp()
    const same = await start(['--no-demo'], { ...env, PORT: '0' }).ended
    expect(same.code).toBe(1)
    expect(same.err).toMatch(
      new RegExp(`^the data directory ${join(folder, 'data')} is in use by process \\d+: stop that one first.*\\n$`),
    )
    const other = await start(['--no-demo'], { ...env, PORTITOR_DATA_DIR: join(folder, 'other') }).ended
    expect(other.code).toBe(1)
    expect(other.err).toMatch(new RegExp(`port ${env['PORT']}: the port is in use\\..*set PORT.*\\n$`))
    expect(await workspaces()).toEqual(['first', 'second'])
    signalGroup(first.child, 'SIGTERM')
    const { code, out } = await first.ended
    expect({ code, out }).toEqual({ code: 0, out: '' })
  })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
