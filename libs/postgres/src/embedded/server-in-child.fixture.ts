import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { until } from '@portitor/testing'
import { runningProcesses } from './process-table.ts'

/** Starts the embedded server, says so in one line of JSON, and stops it when its stdin closes. */
const program = (module: string) => `
import { startEmbeddedPostgres } from ${JSON.stringify(module)}
try {
  const server = await startEmbeddedPostgres({ dataDir: process.argv[1], log: (line) => console.error(line) })
  console.log(JSON.stringify({ url: server.url, pid: server.pid }))
  process.stdin.resume().on('end', () => server.stop())
  setInterval(() => {}, 60_000).unref()
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}`

export interface ServerInChild {
  readonly child: ChildProcess
  readonly url: string
  /** The postmaster. */
  readonly pid: number
  /** What the child has told on stderr. */
  told(): string
  stop(): Promise<void>
}

const children = new Set<ChildProcess>()

/** For `afterEach`: whatever a failed spec did not stop. Their servers end with them. */
export async function endChildren(): Promise<void> {
  for (const child of children) {
    children.delete(child)
    if (child.exitCode !== null || child.signalCode !== null) continue
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
  }
}

const source = new URL('./start-embedded-postgres.ts', import.meta.url).href

/** A process of its own that owns an embedded server; rejects with what it said where the server does not start. */
export async function serverInChild(dataDir: string, module = source): Promise<ServerInChild> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program(module), dataDir], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  children.add(child)
  let told = ''
  child.stderr.on('data', (chunk) => (told += String(chunk)))
  const exited = once(child, 'exit')
  const line = once(createInterface(child.stdout), 'line') as Promise<[string]>
  const first = await Promise.race([line, exited.then(() => undefined)])
  if (first === undefined) throw new Error(`exit code ${child.exitCode}: ${told}`)
  const { url, pid } = JSON.parse(first[0]) as { url: string; pid: number }
  const stop = async () => {
    child.stdin.end()
    await exited
  }
  return { child, url, pid, told: () => told, stop }
}

/** Open to other users, as a clone is; `mkdtemp` alone would shut out the server's own. */
export async function temporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'portitor-postgres-'))
  await chmod(path, 0o755)
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

export async function withClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined) // the specs kill servers on purpose
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Inserts single committed rows until the connection breaks; answers how many commits were acknowledged. */
export async function insertUntilBroken(url: string): Promise<number> {
  return withClient(url, async (client) => {
    await client.query('create table if not exists written (n bigint primary key)')
    const { rows } = await client.query<{ n: string }>('select coalesce(max(n), 0) as n from written')
    for (let n = Number(rows[0]!.n) + 1; ; n += 1) {
      try {
        await client.query('insert into written values ($1)', [n])
      } catch {
        return n - 1
      }
    }
  })
}

/** Resolves when more was committed since, so that a kill comes in the middle of it. */
export async function untilWritten(url: string): Promise<void> {
  const count = () => countWritten(url).catch(() => 0)
  const from = await count()
  await until(async () => (await count()) > from + 10, 'some commits')
}

export async function countWritten(url: string): Promise<number> {
  return withClient(url, async (client) =>
    Number((await client.query<{ n: string }>('select count(*) as n from written')).rows[0]!.n),
  )
}

/** A zombie that its parent has not collected is not alive. */
export async function isAlive(pid: number): Promise<boolean> {
  return (await runningProcesses()).some((entry) => entry.pid === pid)
}
