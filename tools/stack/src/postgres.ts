import { execFile, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { startContainer } from './container.ts'
import type { Engine, Place, Recipe } from './engine.ts'
import { freePorts } from './free-ports.ts'
import { embeddedPostgres, reachablePostgres, systemPostgres } from './postgres-binaries.ts'
import { startServer } from './server.ts'
import { unprivilegedUser, type User } from './unprivileged-user.ts'

const initMsMax = 120_000
const largeMemory = 8 * 2 ** 30

/** Durable as in production (`fsync` and `synchronous_commit` on), so that what a test kills and measures is real. */
const settings = {
  max_connections: '300',
  shared_buffers: totalmem() >= largeMemory ? '1GB' : '128MB',
  max_wal_size: '4GB',
  fsync: 'on',
  synchronous_commit: 'on',
  timezone: 'UTC',
}
const settingArguments = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])

export const postgres: Recipe = {
  name: 'postgres',
  lack() {
    if (systemPostgres() !== undefined) return undefined
    return {
      what: 'PostgreSQL is not installed, and npm has no binaries of it for this platform',
      remedy: 'install it (Debian: apt-get install postgresql; macOS: brew install postgresql), or start Docker',
      packages: ['postgresql'],
      ...(embeddedPostgres() === undefined ? {} : { substitute: 'PostgreSQL binaries from npm' }),
    }
  },
  async start(place: Place): Promise<Engine> {
    const user = unprivilegedUser()
    const binaries = reachablePostgres(user, place)
    const data = join(ownFolder(place, user), 'data')
    if (!existsSync(join(data, 'PG_VERSION')))
      await initialise(join(binaries.folder, 'initdb'), data, user, place.signal)
    const [port] = await freePorts(1)
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`
    const network = ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=']
    return startServer(
      {
        name: 'postgres',
        origin: binaries.origin,
        url,
        command: join(binaries.folder, 'postgres'),
        args: ['-D', data, '-p', `${port}`, ...network, ...settingArguments],
        env: environment(),
        user,
        // SIGTERM would wait until the last client has left.
        stopSignal: 'SIGINT',
        ready: () => ready(url),
      },
      place,
    )
  },
  async startContainer(place: Place) {
    const [port] = await freePorts(1)
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`
    const options = ['--env', 'POSTGRES_HOST_AUTH_METHOD=trust', '--shm-size', '256m']
    return startContainer(
      {
        name: 'postgres',
        image: 'postgres:18',
        url,
        port: `${port}:5432`,
        options,
        args: settingArguments,
        ready: () => ready(url),
      },
      place,
    )
  },
}

/** A folder that `user` owns and reaches; elsewhere than asked for when that lies below a closed one (a root-owned 0700). */
function ownFolder(place: Place, user: User | undefined): string {
  mkdirSync(place.dir, { recursive: true })
  if (user === undefined) return place.dir
  const reached = spawnSync('test', ['-x', place.dir], { ...user, cwd: '/' }).status === 0
  const folder = join(reached ? place.dir : place.scratch(), 'owned')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chownSync(folder, user.uid, user.gid)
  return folder
}

async function initialise(initdb: string, data: string, user: User | undefined, signal: AbortSignal): Promise<void> {
  const args = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale', 'C', '--no-sync']
  await promisify(execFile)(initdb, args, { ...user, cwd: '/', env: environment(), timeout: initMsMax, signal })
}

/** Nothing of the caller's own PG… variables, which would lead the server elsewhere. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LC_ALL: 'C' }
}

async function ready(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000, query_timeout: 2_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select 1')
  } finally {
    await client.end()
  }
}
