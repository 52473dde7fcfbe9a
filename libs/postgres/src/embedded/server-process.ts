import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, rename, stat } from 'node:fs/promises'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Binaries } from './binaries.ts'
import { clusterName, guardName, readPidFile } from './leftovers.ts'
import { spawnedAs, type ServerUser } from './server-user.ts'

/** Recovery after a crash replays at most some max_wal_size of log. */
const readyWaitMsMax = 300_000
const stopFastMsMax = 30_000
const stopImmediateMsMax = 10_000
const logBytesMax = 8 * 1024 * 1024

/** Given as arguments at every start, so that what is in force is what stands here. Small enough for a laptop; a commit is on disk when it returns. */
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // What the server says about itself; failed statements carry customers' data and belong to whoever sent them.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
}

/**
 * A shell of its own session starts the server, so that Ctrl-C in a terminal reaches us only, and ends it (fast
 * shutdown) when our end of its stdin closes: however we die, no server is left behind. That the shell waits for the
 * server keeps the server's process id from being reused while the lifeline may still signal it.
 */
const guardScript = `
exec 3<&0
"$@" 3<&- </dev/null & server=$!
{ cat <&3 >/dev/null; kill -INT "$server"; } & lifeline=$!
exec 3<&-
wait "$server"; code=$?
kill "$lifeline" 2>/dev/null
exit "$code"`

export interface ServerProcess {
  readonly pid: number
  readonly port: number
  /** Resolves when the server is gone, for whatever reason. */
  readonly gone: Promise<void>
  /** Fast shutdown, and an immediate one where that takes more than 30 s. */
  stop(): Promise<void>
}

/** The server ended before it was ready; `message` is what it said. */
export class ServerEnded extends Error {
  override readonly name = 'ServerEnded'
}

/** Starts the server on a free port of the loopback interface; resolves when it takes connections. */
export async function startServer(options: {
  binaries: Binaries
  user: ServerUser
  cluster: string
  logFile: string
  log(line: string): void
}): Promise<ServerProcess> {
  const { cluster, logFile } = options
  const port = await freePort()
  const logged = await sizeAfterRotation(logFile)
  const output = await open(logFile, 'a', 0o600)
  const given = { ...settings, port: String(port), cluster_name: clusterName(cluster) }
  const args = Object.entries(given).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const guard = spawn('/bin/sh', ['-c', guardScript, guardName, options.binaries.postgres, '-D', cluster, ...args], {
    ...spawnedAs(options.user),
    detached: true,
    stdio: ['pipe', output.fd, output.fd],
  })
  await output.close()
  const gone = once(guard, 'exit').then(() => undefined)
  // Neither keeps us alive: a caller that ends without `stop` takes the server along.
  guard.unref()
  ;(guard.stdin as Socket).unref()

  const pid = await untilReady(guard, { cluster, port, log: options.log }).catch(async (error: unknown) => {
    guard.stdin?.end()
    await Promise.race([gone, sleep(stopFastMsMax, undefined, { ref: false })])
    throw new ServerEnded(`${(error as Error).message}: ${await whatItSaid(logFile, logged)}`, { cause: error })
  })
  return { pid, port, gone, stop: () => stop(guard, pid, gone) }
}

async function untilReady(guard: ChildProcess, at: { cluster: string; port: number; log(line: string): void }) {
  const startedAtMs = Date.now()
  let tellAtMs = startedAtMs + 5_000
  while (guard.exitCode === null && guard.signalCode === null) {
    const state = await readPidFile(at.cluster)
    if (state?.isReady && state.port === at.port) return state.pid
    if (Date.now() > startedAtMs + readyWaitMsMax)
      throw new Error(`the embedded PostgreSQL is not ready after ${readyWaitMsMax / 1_000} s`)
    if (Date.now() > tellAtMs) {
      at.log('PostgreSQL is recovering what the last run left in its log')
      tellAtMs += 15_000
    }
    await sleep(20)
  }
  throw new Error('the embedded PostgreSQL did not start')
}

async function stop(guard: ChildProcess, pid: number, gone: Promise<void>): Promise<void> {
  const goneWithin = async (ms: number) => {
    const patience = new AbortController()
    const late = sleep(ms, true, { signal: patience.signal }).catch(() => false)
    const isLate = await Promise.race([gone, late])
    patience.abort()
    return isLate !== true
  }
  guard.stdin?.end()
  if (await goneWithin(stopFastMsMax)) return
  process.kill(pid, 'SIGQUIT')
  if (await goneWithin(stopImmediateMsMax)) return
  process.kill(pid, 'SIGKILL')
  await goneWithin(stopImmediateMsMax)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Keeps the log of this run and at most one full one before it. */
async function sizeAfterRotation(file: string): Promise<number> {
  const size = await stat(file).then(
    ({ size }) => size,
    () => 0,
  )
  if (size <= logBytesMax) return size
  await rename(file, `${file}.1`)
  return 0
}

async function whatItSaid(file: string, from: number): Promise<string> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(16_384), 0, 16_384, from)
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n')
    const telling = lines.filter((line) => /FATAL|PANIC|HINT|ERROR|cannot|error/.test(line))
    return `${(telling.length > 0 ? telling : lines).slice(0, 4).join(' ').trim()} (${file})`
  } finally {
    await handle.close()
  }
}
