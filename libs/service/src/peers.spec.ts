import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Controller, Get, Module, Post } from '@nestjs/common'
import { z } from 'zod'
import { bootService, createLog, JsonBody, Peers, ProblemException, WorkspaceId, type Service } from './index.ts'
import { declared, quietBus } from './stand-ins.fixture.ts'

const operatorKey = 'a secret of this spec, 40 characters long'
const lines: string[] = []
const log = createLog({ name: 'things', level: 'debug', destination: { write: (line) => void lines.push(line) } })
const workspaceId = '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e'

@Controller('api/v1/things')
class ThingsController {
  @Get()
  list(@WorkspaceId() id: string) {
    return { id }
  }

  @Post()
  create(@JsonBody(z.object({ name: z.string() })) body: { name: string }) {
    return body
  }

  @Get('stuck')
  stuck() {
    return new Promise(() => undefined)
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

describe('Peers', () => {
  let service: Service
  const servers: Server[] = []
  beforeAll(async () => {
    service = await bootService({
      name: 'things',
      module: ThingsModule,
      endpoints: declared('GET /api/v1/things', 'GET /api/v1/things/stuck', 'POST /api/v1/things'),
      bus: quietBus,
      port: 0,
      host: '127.0.0.1',
      operatorKey,
      log,
    })
  })
  afterAll(async () => {
    await service.close()
    for (const server of servers) server.close().closeAllConnections()
  })

  const peersAt = (url?: string) =>
    new Peers({
      urls: url === undefined ? {} : { ledger: url },
      operatorKey,
      fastify: service.app.getHttpAdapter().getInstance(),
      log,
      timeoutMsMax: 300,
    })
  const serve = async (listener: RequestListener) => {
    const server = createServer(listener)
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const unavailable = async (asked: Promise<unknown>) => {
    const error: unknown = await asked.catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ProblemException)
    expect(error).toMatchObject({ code: 'peer.unavailable', status: 503 })
    expect(lines.join('')).not.toContain(operatorKey)
  }

  it.each([
    ['inside the process', () => undefined],
    ['over HTTP', () => service.url],
    ['over HTTP, the address ending in a slash', () => `${service.url}/`],
  ])('calls a peer %s through its routes, with the operator key', async (_, url) => {
    const peers = peersAt(url())
    expect(await peers.get('ledger', '/api/v1/things', { 'x-workspace-id': workspaceId })).toEqual({
      status: 200,
      body: { id: workspaceId },
    })
    expect(await peers.get('ledger', '/api/v1/things')).toMatchObject({
      status: 400,
      body: { code: 'workspace.required' },
    })
    expect(await peers.post('ledger', '/api/v1/things', { name: 'é' })).toEqual({ status: 201, body: { name: 'é' } })
    expect(await peers.post('ledger', '/api/v1/things', {})).toMatchObject({
      status: 400,
      body: { code: 'request.invalid' },
    })
    await unavailable(peers.get('ledger', '/api/v1/things/stuck'))
  })

  it('says which variable is missing where a peer is not in this process', async () => {
    await unavailable(peersAt().get('rating', '/api/v1/nothing'))
    expect(lines.join('')).toContain('rating does not run in this process: set RATING_URL')
  })

  it('is unavailable when the peer is gone, talks no JSON, answers without end or sends us elsewhere', async () => {
    await unavailable(peersAt('http://127.0.0.1:1').get('ledger', '/'))
    await unavailable(peersAt(await serve((_, answer) => answer.end('<html>'))).get('ledger', '/'))
    let elsewhere = 0
    const other = await serve((_, answer) => {
      elsewhere += 1
      answer.end('{}')
    })
    await unavailable(
      peersAt(await serve((_, answer) => answer.writeHead(302, { location: other }).end())).get('ledger', '/'),
    )
    expect(elsewhere).toBe(0)
    const flood = await serve((_, answer) => {
      const more = () => {
        while (answer.write('x'.repeat(65_536)));
      }
      answer.on('drain', more)
      more()
    })
    await unavailable(new Peers({ ...peersAt(flood).options, timeoutMsMax: 20_000 }).get('ledger', '/'))
    expect(lines.join('')).toContain('longer than 16777216 bytes')
  })
})
