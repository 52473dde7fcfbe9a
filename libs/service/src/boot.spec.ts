import { Agent, request as httpRequest } from 'node:http'
import {
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common'
import { analyticsEndpoints, serviceEndpoints, type Endpoint } from '@portitor/contracts'
import { z } from 'zod'
import { until } from '@portitor/testing'
import { bootService, compareRoutes, createLog, HealthRegistry, type Service, type ServiceOptions } from './index.ts'
import { quietBus } from './stand-ins.fixture.ts'

const operatorKey = 'a secret of this spec, 40 characters long'
const headers = { apikey: operatorKey }
const happened: string[] = []
let broken: string | undefined

@Injectable()
class Consumer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(@Inject(HealthRegistry) readonly health: HealthRegistry) {}

  onApplicationBootstrap() {
    happened.push('consumer started')
    this.health.register('consumer', () => Promise.resolve(broken))
    this.health.register('database', () =>
      broken === undefined ? Promise.resolve(undefined) : Promise.reject(new Error('password=hunter2')),
    )
  }

  beforeApplicationShutdown() {
    happened.push('consumer stopped')
  }
}

/** What the slow request waits for: the spec says when, and no clock. */
const finishing = Promise.withResolvers<void>()

@Controller('api/v1/things')
class ThingsController {
  @Get('slow')
  async slow() {
    happened.push('request started')
    await finishing.promise
    happened.push('request finished')
    return { done: true }
  }
}

@Module({ controllers: [ThingsController], providers: [Consumer] })
class ThingsModule {}

const endpoints: readonly Endpoint[] = [
  {
    service: 'things',
    method: 'GET',
    path: '/api/v1/things/slow',
    summary: 'Wait a little',
    answers: { 200: z.object({ done: z.boolean() }) },
    workspace: 'none',
    scope: 'any',
  },
]
const options = (more: Partial<ServiceOptions> = {}): ServiceOptions => ({
  name: 'things',
  module: ThingsModule,
  port: 0,
  host: '127.0.0.1',
  operatorKey,
  endpoints,
  bus: quietBus,
  log: createLog({ name: 'things', level: 'silent' }),
  ...more,
})

describe('bootService', () => {
  let service: Service
  beforeEach(async () => {
    broken = undefined
    happened.length = 0
    service = await bootService(options())
  })
  afterEach(() => service.close())

  const read = async (path: string) => {
    const response = await fetch(`${service.url}${path}`, { headers })
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
  }

  it('is live and ready, and names each check that is not', async () => {
    expect(await read('/health/live')).toMatchObject({ status: 200, text: '{"status":"live"}' })
    expect(await read('/health/ready')).toMatchObject({ status: 200, text: '{"status":"ready"}' })
    broken = 'partition 3 is halted'
    const unready = await read('/health/ready')
    expect(unready.status).toBe(503)
    expect(JSON.parse(unready.text)).toMatchObject({
      status: 503,
      code: 'service.not_ready',
      checks: [
        { name: 'consumer', reason: 'partition 3 is halted' },
        { name: 'database', reason: 'the check failed; the log says why' },
      ],
    })
    expect(unready.text).not.toContain('hunter2')
    expect((await read('/health/live')).status).toBe(200)
  })

  it('X-4 serves its OpenAPI document and a documentation page that needs no other server', async () => {
    const document = JSON.parse((await read('/api/openapi.json')).text) as { paths: object }
    expect(Object.keys(document.paths)).toEqual([
      '/api/v1/things/slow',
      '/health/live',
      '/health/ready',
      '/api/openapi.json',
    ])
    const page = await read('/docs')
    expect(page.type).toContain('text/html')
    const assets = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!)
    expect(assets.length).toBeGreaterThan(3)
    for (const asset of assets) {
      expect(asset).toMatch(/^\//)
      expect((await read(asset)).status).toBe(200)
    }
    expect(JSON.parse((await read('/docs/json')).text)).toEqual(document)
    expect((await fetch(service.url)).url).toBe(`${service.url}/docs`)
  })

  it('X-4 declares every route it has and has every route it declares', () => {
    expect(compareRoutes(service.routes, [...endpoints, ...serviceEndpoints])).toEqual({ undeclared: [], missing: [] })
    expect(compareRoutes(service.routes, [...analyticsEndpoints, ...serviceEndpoints])).toEqual({
      undeclared: ['GET /api/v1/things/slow'],
      missing: analyticsEndpoints.map(({ method, path }) => `${method} ${path}`).toSorted((a, b) => (a < b ? -1 : 1)),
    })
  })

  it('O-6 finishes the request in hand before consumers stop, and takes no new one', async () => {
    const agent = new Agent({ keepAlive: true })
    const answer = new Promise<{ status: number | undefined; connection: string | undefined }>((resolve, reject) => {
      httpRequest(`${service.url}/api/v1/things/slow`, { headers, agent }, (response) => {
        response
          .resume()
          .on('end', () => resolve({ status: response.statusCode, connection: response.headers.connection }))
      })
        .on('error', reject)
        .end()
    })
    await until(() => happened.includes('request started'))
    const closed = Promise.all([service.close(), service.close()])
    const refused = () =>
      fetch(`${service.url}/health/live`).then(
        () => false,
        (error: Error) => error.message === 'fetch failed',
      )
    await until(refused, 'the end of listening')
    expect(happened).not.toContain('request finished')
    finishing.resolve()
    expect(await answer).toEqual({ status: 200, connection: 'close' })
    await closed
    expect(happened).toEqual(['consumer started', 'request started', 'request finished', 'consumer stopped'])
    agent.destroy()
  })

  it('says in one line that the port is in use, and stops what had started', async () => {
    const port = Number(new URL(service.url).port)
    await expect(bootService(options({ port }))).rejects.toThrow(
      `things cannot listen on 127.0.0.1 port ${port}: the port is in use. Stop what uses it, or set PORT to another one.`,
    )
    expect(happened).toEqual(['consumer started', 'consumer started', 'consumer stopped'])
  })

  it('says that the host is not of this machine', async () => {
    await expect(bootService(options({ host: '192.0.2.1' }))).rejects.toThrow('Set HOST to 127.0.0.1 or 0.0.0.0.')
  })

  it('does not start with an operator key of fewer than 32 characters', async () => {
    await expect(bootService(options({ operatorKey: 'short' }))).rejects.toThrow('give it at least 32')
  })

  it('is quiet at level warn', async () => {
    const lines: string[] = []
    const log = createLog({ name: 'things', level: 'warn', destination: { write: (line) => void lines.push(line) } })
    const quiet = await bootService(options({ log }))
    await fetch(`${quiet.url}/health/live`)
    finishing.resolve()
    await fetch(`${quiet.url}/api/v1/things/slow`)
    await quiet.close()
    expect(lines).toEqual([])
  })
})
