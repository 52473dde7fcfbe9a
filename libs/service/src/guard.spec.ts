import { request as httpRequest } from 'node:http'
import { Controller, Get, Module, Post } from '@nestjs/common'
import fc from 'fast-check'
import { z } from 'zod'
import { bootService, createLog, JsonBody, type Service } from './index.ts'
import { OperatorGuard } from './operator.guard.ts'

const operatorKey = 'a secret of this spec, 40 characters long'
const lines: string[] = []

@Controller('api/v1/things')
class ThingsController {
  @Get()
  list() {
    return { data: [] }
  }

  @Post()
  create(@JsonBody(z.object({ name: z.string() })) body: { name: string }) {
    return body
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

describe('the guard of every service', () => {
  let service: Service
  beforeAll(async () => {
    const log = createLog({ name: 'things', level: 'debug', destination: { write: (line) => void lines.push(line) } })
    service = await bootService({ name: 'things', module: ThingsModule, port: 0, host: '127.0.0.1', operatorKey, log })
  })
  afterAll(() => service.close())
  const ask = async (path: string, headers: Record<string, string> = {}, init: RequestInit = {}) => {
    const response = await fetch(`${service.url}${path}`, { ...init, headers })
    const text = await response.text()
    expect(text).not.toContain(operatorKey)
    return { status: response.status, headers: response.headers, body: JSON.parse(text) as Record<string, unknown> }
  }

  it.each([
    { authorization: `Bearer ${operatorKey}` },
    { authorization: `bearer  ${operatorKey}` },
    { 'x-api-key': operatorKey },
    { apikey: operatorKey },
  ])('I-2 lets in who knows the operator key: %j', async (headers) => {
    expect((await ask('/api/v1/things', headers as Record<string, string>)).status).toBe(200)
  })

  it('I-2 answers 401 that says how to authenticate when there is no credential', async () => {
    for (const headers of [{}, { 'x-api-key': '' }, { authorization: '' }] as Record<string, string>[]) {
      const answer = await ask('/api/v1/things', headers)
      expect(answer.status).toBe(401)
      expect(answer.body).toMatchObject({ code: 'credential.missing', status: 401, instance: '/api/v1/things' })
      expect(answer.body.detail).toMatch(/Authorization: Bearer .*x-api-key.*apikey/)
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
    }
  })

  it('I-2 answers 401 for a wrong, short, mistyped, malformed or oversized credential', async () => {
    const cases: [Record<string, string>, string][] = [
      [{ authorization: `Bearer ${operatorKey}x` }, 'credential.unknown'],
      [{ 'x-api-key': operatorKey.slice(1) }, 'credential.unknown'],
      [{ apikey: 'x' }, 'credential.unknown'],
      [{ apikey: operatorKey.toUpperCase() }, 'credential.unknown'],
      [{ authorization: `Basic ${btoa(`operator:${operatorKey}`)}` }, 'credential.malformed'],
      [{ authorization: operatorKey }, 'credential.malformed'],
      [{ authorization: 'Bearer' }, 'credential.malformed'],
      [{ 'x-api-key': 'k'.repeat(5_000) }, 'credential.oversized'],
      [{ authorization: `Bearer ${'k'.repeat(50_000)}` }, 'credential.oversized'],
      [{ authorization: `Bearer ${'k'.repeat(100_000)}` }, 'credential.oversized'],
    ]
    for (const [headers, code] of cases) {
      const answer = await ask('/api/v1/things', headers)
      expect([answer.status, answer.body.code]).toEqual([401, code])
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
    }
  })

  it('I-2 takes the first credential and does not try the others', async () => {
    expect((await ask('/api/v1/things', { authorization: 'Bearer wrong', 'x-api-key': operatorKey })).status).toBe(401)
  })

  it('I-2 refuses a key in a URL, also beside a good credential and on open routes, and never logs or repeats it', async () => {
    const key = encodeURIComponent(operatorKey)
    const paths = [
      ...['api_key', 'apikey', 'key', 'access_token', 'x-api-key', 'API_KEY', 'token'].map(
        (name) => `/api/v1/things?a=1&${name}=abc`,
      ),
      `/api/v1/things?harmless=${key}`,
      `/api/v1/things/${key}`,
      `/health/live?api_key=${key}`,
      `/nowhere?api_key=${key}`,
    ]
    for (const path of paths) {
      const answer = await ask(path, { authorization: `Bearer ${operatorKey}` })
      expect([path, answer.status, answer.body.code]).toEqual([path, 401, 'credential.in_url'])
      expect(answer.body).not.toHaveProperty('instance')
    }
  })

  it('I-2 authenticates before it looks at the body, however large or malformed', async () => {
    const bodies = ['{"name":', '{"nam":1}', Buffer.alloc(1_048_577)]
    for (const body of bodies) {
      const answer = await ask(
        '/api/v1/things',
        { 'content-type': 'application/json', apikey: 'wrong' },
        { method: 'POST', body },
      )
      expect(answer.body.code).toBe('credential.unknown')
    }
  })

  it('I-2 answers 401 without waiting for a body that is announced and never comes', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': 1_000_000_000 }
      const sent = httpRequest(`${service.url}/api/v1/things`, { method: 'POST', headers }, (answer) => {
        resolve(answer.statusCode)
        sent.destroy()
      })
      sent.on('error', reject)
      sent.write('{')
    })
    expect(status).toBe(401)
  })

  it('I-2 has no open route but health and documentation', () => {
    const open = service.routes.filter((route) => route.open).map((route) => route.path)
    expect(open.filter((path) => !path.startsWith('/docs')).sort()).toEqual([
      '/',
      '/api/openapi.json',
      '/health/live',
      '/health/ready',
    ])
    expect(service.routes.filter((route) => !route.open).map((route) => route.path)).toEqual([
      '/api/v1/things',
      '/api/v1/things',
    ])
  })

  it('I-2 never logged the key in all of this', () => {
    expect(lines.length).toBeGreaterThan(20)
    expect(lines.join('')).not.toContain(operatorKey)
    expect(lines.join('')).not.toContain(encodeURIComponent(operatorKey))
  })

  it('I-2 does not tell what exists to who has no credential', async () => {
    expect((await ask('/api/v1/nothing')).status).toBe(401)
    expect((await ask('/api/v1/nothing', { apikey: operatorKey })).status).toBe(404)
  })
})

describe('the comparison of credentials', () => {
  const guard = new OperatorGuard(operatorKey)
  const check = (headers: Record<string, string>) =>
    guard.check({ headers, raw: { url: '/' }, routeOptions: { config: {} } } as unknown as Parameters<
      OperatorGuard['check']
    >[0])

  it('I-3 compares hashes, so a credential of any length and content is refused alike', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'binary' }), (credential) => {
        fc.pre(credential !== operatorKey)
        expect(() => check({ apikey: credential })).toThrow('not known here')
      }),
    )
  })

  it('I-3 takes any secret of 32 characters or more as the operator key, and none shorter', () => {
    const secret = 'x'.repeat(32)
    expect(() => new OperatorGuard(secret)).not.toThrow()
    expect(() => new OperatorGuard(secret.slice(1))).toThrow('has 31 characters: give it at least 32')
  })
})
