import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** How often connections that have become idle are closed while draining. */
const idleCheckMs = 50

/**
 * Prepares a server for a graceful end (O-6). The function that comes back stops listening and resolves when the requests
 * in hand are answered; what is not answered within `drainMsMax` is cut off, so that one stuck client cannot hold up a roll-out.
 */
export function drainable(server: Server): (drainMsMax: number) => Promise<void> {
  const connections = new Set<Socket>()
  server.on('connection', (connection: Socket) => {
    connections.add(connection)
    connection.on('close', () => connections.delete(connection))
  })
  const closeIdle = () => {
    server.closeIdleConnections()
    // Clients open connections ahead of need, and Node takes one that never carried a byte for busy.
    for (const connection of connections) if (connection.bytesRead === 0) connection.destroy()
  }
  return async (drainMsMax) => {
    if (!server.listening) return
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    closeIdle()
    const idle = setInterval(closeIdle, idleCheckMs)
    const cut = setTimeout(() => server.closeAllConnections(), drainMsMax)
    await closed
    clearInterval(idle)
    clearTimeout(cut)
  }
}
