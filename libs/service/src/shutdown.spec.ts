import { createServer, get, type RequestListener } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { drainable } from './shutdown.ts'

async function serve(listener: RequestListener) {
  const server = createServer(listener)
  const drain = drainable(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, drain, port: (server.address() as AddressInfo).port }
}

describe('drain', () => {
  it('O-6 cuts off a request that outlasts the bound', async () => {
    const { server, drain, port } = await serve(() => undefined)
    const failed = new Promise<string>((resolve) => {
      get(`http://127.0.0.1:${port}`).on('error', (error) => resolve(error.message))
    })
    await new Promise((resolve) => server.once('request', resolve))
    await drain(100)
    expect(await failed).toBe('socket hang up')
  })

  it('does not wait for a connection that was opened and never used', async () => {
    const { server, drain, port } = await serve(() => undefined)
    const closed = new Promise((resolve) => connect(port, '127.0.0.1').on('close', resolve))
    await new Promise((resolve) => server.once('connection', resolve))
    await drain(60_000)
    await closed
    expect(server.listening).toBe(false)
  })

  it('has nothing to do where nothing listens', async () => {
    await expect(drainable(createServer())(100)).resolves.toBeUndefined()
  })
})
