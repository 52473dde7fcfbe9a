import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const startMsMax = 180_000
const stopMsMax = 30_000
const pauseMs = 200
/** Of the app's own words, kept for the case that it does not start. */
const wordsMax = 8_000

const root = fileURLToPath(new URL('../../../', import.meta.url))

export interface TemporarySystem {
  readonly url: string
  readonly operatorKey: string
  stop(): Promise<void>
}

/** Starts Portitor (built before) with embedded engines on a free port and a data directory of its own; `stop` removes all of it. */
export async function startTemporarySystem(signal: AbortSignal): Promise<TemporarySystem> {
  const dataDir = await mkdtemp(join(tmpdir(), 'portitor-replay-'))
  const operatorKey = randomBytes(32).toString('base64url')
  const port = await freePort()
  const args = ['--enable-source-maps', '--disable-warning=TimeoutNegativeWarning']
  const main = join(root, 'apps/standalone/dist/main.js')
  const child = spawn(process.execPath, [...args, main, '--no-demo'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...embedded(), PORT: String(port), PORTITOR_DATA_DIR: dataDir, PORTITOR_OPERATOR_KEY: operatorKey },
  })
  let words = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (words = (words + chunk.toString()).slice(-wordsMax)))
  const stop = async () => {
    await end(child)
    await rm(dataDir, { recursive: true, force: true, maxRetries: 10 })
  }
  const url = `http://127.0.0.1:${port}`
  try {
    await ready(url, child, signal)
  } catch (error) {
    await stop()
    throw new Error(`${(error as Error).message}\n${words}`.trimEnd(), { cause: error })
  }
  return { url, operatorKey, stop }
}

/** A temporary system uses no stores of the caller's. */
function embedded(): NodeJS.ProcessEnv {
  const stores = new Set(['DATABASE_URL', 'KAFKA_BROKERS', 'REDIS_URL', 'CLICKHOUSE_URL'])
  const kept = Object.entries(process.env).filter(([name]) => !stores.has(name))
  return { ...Object.fromEntries(kept), HOST: '127.0.0.1' }
}

async function ready(url: string, child: ChildProcess, signal: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + startMsMax
  while (performance.now() < deadlineMs) {
    signal.throwIfAborted()
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error('The temporary system ended while starting; its last words:')
    const answer = await fetch(`${url}/health/ready`).catch(() => undefined)
    await answer?.body?.cancel()
    if (answer?.ok === true) return
    await sleep(pauseMs)
  }
  throw new Error(`The temporary system was not ready within ${startMsMax / 1_000} s; its last words:`)
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const forced = setTimeout(() => child.kill('SIGKILL'), stopMsMax)
  await gone
  clearTimeout(forced)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
