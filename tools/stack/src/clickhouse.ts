import { createRequire } from 'node:module'
import { extname, join } from 'node:path'
import { startContainer } from './container.ts'
import type { Engine, Place, Recipe } from './engine.ts'
import { freePorts } from './free-ports.ts'
import { startServer } from './server.ts'

const answerMsMax = 5_000
const bridge = join(import.meta.dirname, `clickhouse-bridge${extname(import.meta.filename)}`)

/** No ClickHouse server comes from a package registry; the engine itself does, and a bridge speaks HTTP for it. */
export const clickhouse: Recipe = {
  name: 'clickhouse',
  lack() {
    if (hasEngine()) return undefined
    return {
      what: `npm has no ClickHouse engine for ${process.platform}-${process.arch}`,
      remedy: 'start Docker, or run the tests on Linux with glibc or on macOS (x64 or arm64)',
      packages: [],
    }
  },
  async start(place: Place): Promise<Engine> {
    const [port] = await freePorts(1)
    const url = `http://127.0.0.1:${port}`
    return startServer(
      {
        name: 'clickhouse',
        origin: 'ClickHouse engine from npm (chdb) behind an HTTP bridge',
        url,
        command: process.execPath,
        args: [bridge, join(place.dir, 'data'), `${port}`],
        ready: () => ready(url),
      },
      place,
    )
  },
  async startContainer(place: Place) {
    const [port] = await freePorts(1)
    const url = `http://127.0.0.1:${port}`
    // Without this the image's default user answers only inside the container.
    const options = ['--env', 'CLICKHOUSE_SKIP_USER_SETUP=1', '--ulimit', 'nofile=262144:262144']
    const image = 'clickhouse/clickhouse-server:25.8'
    return startContainer(
      { name: 'clickhouse', image, url, port: `${port}:8123`, options, ready: () => ready(url) },
      place,
    )
  },
}

function hasEngine(): boolean {
  const require = createRequire(import.meta.url)
  const platform = `${process.platform}-${process.arch}`
  return [platform, `${platform}-gnu`].some((name) => {
    try {
      return require.resolve(`@chdb/lib-${name}/package.json`) !== ''
    } catch {
      return false
    }
  })
}

async function ready(url: string): Promise<void> {
  const answer = await fetch(`${url}/?query=select+1`, { signal: AbortSignal.timeout(answerMsMax) })
  const text = await answer.text()
  if (!answer.ok || text.trim() !== '1') throw new Error(`ClickHouse answered ${answer.status}: ${text}`)
}
