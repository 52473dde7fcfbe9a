import { Redis } from 'ioredis'
import { startContainer } from './container.ts'
import type { Place, Recipe } from './engine.ts'
import { findProgram } from './find-program.ts'
import { freePorts } from './free-ports.ts'
import { startServer } from './server.ts'

/** Redis writes what it holds to its append-only file, so `restart` after a kill finds it again. */
const settings = ['--save', '', '--appendonly', 'yes']

export const redis: Recipe = {
  name: 'redis',
  lack() {
    if (findProgram('redis-server') !== undefined) return undefined
    return {
      what: 'redis-server is not installed',
      remedy: 'install it (Debian: apt-get install redis-server; macOS: brew install redis), or start Docker',
      packages: ['redis-server'],
    }
  },
  async start(place: Place) {
    const [port] = await freePorts(1)
    const url = `redis://127.0.0.1:${port}`
    return startServer(
      {
        name: 'redis',
        origin: 'redis-server of this system',
        url,
        command: findProgram('redis-server') ?? 'redis-server',
        args: ['--bind', '127.0.0.1', '--port', `${port}`, '--dir', place.dir, ...settings],
        ready: () => ready(url),
      },
      place,
    )
  },
  async startContainer(place: Place) {
    const [port] = await freePorts(1)
    const url = `redis://127.0.0.1:${port}`
    const image = 'redis:7'
    return startContainer(
      { name: 'redis', image, url, port: `${port}:6379`, args: ['redis-server', ...settings], ready: () => ready(url) },
      place,
    )
  },
}

/** While it still loads its file it answers PING with an error. */
async function ready(url: string): Promise<void> {
  const client = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: 2_000,
  })
  client.on('error', () => undefined)
  await client.connect()
  try {
    await client.ping()
  } finally {
    client.disconnect()
  }
}
