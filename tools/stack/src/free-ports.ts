import { createServer, type Server } from 'node:net'
import { randomInt } from 'node:crypto'

/**
 * Below the range that systems take client ports from (32768 on Linux): while an engine is down, a client that tries
 * to reconnect could otherwise be given the engine's own port and hold it.
 */
const portMin = 20_000
const portMax = 32_767
const attemptsMax = 200

/** `count` different TCP ports free on 127.0.0.1. */
export async function freePorts(count: number): Promise<number[]> {
  const held: { port: number; server: Server }[] = []
  try {
    for (let attempt = 0; held.length < count && attempt < attemptsMax; attempt++) {
      const port = randomInt(portMin, portMax + 1)
      const server = await listen(port)
      if (server !== undefined) held.push({ port, server })
    }
    if (held.length < count) throw new Error(`no free port between ${portMin} and ${portMax} on 127.0.0.1`)
    return held.map(({ port }) => port)
  } finally {
    await Promise.all(held.map(({ server }) => new Promise((resolve) => server.close(resolve))))
  }
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}
