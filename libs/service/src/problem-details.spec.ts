import { connect } from 'node:net'
import { Controller, Get, Module, NotFoundException, Param, Post } from '@nestjs/common'
import { problemSchema } from '@portitor/contracts'
import { z } from 'zod'
import {
  bootService,
  createLog,
  JsonBody,
  Path,
  ProblemException,
  Query,
  RawRequest,
  WorkspaceId,
  type Service,
} from './index.ts'
import { declared, quietBus } from './stand-ins.fixture.ts'

const operatorKey = 'a secret of this spec, 40 characters long'
const lines: string[] = []
const nameBody = z.object({ name: z.string().max(5), tags: z.array(z.object({ key: z.string() })).optional() })

@Controller('api/v1/things')
class ThingsController {
  @Get()
  list(@Query(z.object({ limit: z.coerce.number().int().max(500).default(50) })) query: { limit: number }) {
    return query
  }

  @Get('mine')
  mine(@WorkspaceId() workspaceId: string) {
    return { workspaceId }
  }

  @Get('fail/:how')
  fail(@Param('how') how: string) {
    if (how === 'bug') throw new Error('password=hunter2 at 10.0.0.7')
    if (how === 'database') throw Object.assign(new Error('connect ECONNREFUSED 10.0.0.7'), { code: 'ECONNREFUSED' })
    const value: unknown = 'not even an error'
    if (how === 'value') throw value
    if (how === 'nest') throw new NotFoundException('internal words')
    if (how === 'unserializable') return { amount: 10n }
    throw new ProblemException(409, 'thing.taken', 'Choose another name.', { holder: 7 }, { 'retry-after': '3' })
  }

  @Get('by-id/:id')
  read(@Path(z.object({ id: z.uuid() })) path: { id: string }) {
    return path
  }

  @Post()
  create(@JsonBody(nameBody) body: { name: string }) {
    return body
  }

  @Post('raw')
  raw(@RawRequest() request: RawRequest) {
    return { headers: request.headers, hex: request.body.toString('hex') }
  }

  @Post('optional')
  optional(@JsonBody(z.object({ note: z.string() }).prefault({ note: 'none' })) body: { note: string }) {
    return body
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

describe('every refusal is a problem document (RFC 9457)', () => {
  let service: Service
  beforeAll(async () => {
    const log = createLog({ name: 'things', level: 'debug', destination: { write: (line) => void lines.push(line) } })
    service = await bootService({
      name: 'things',
      module: ThingsModule,
      endpoints: declared(
        ...(['', '/mine', '/fail/{how}', '/by-id/{id}'] as const).map((path) => `GET /api/v1/things${path}` as const),
        ...(['', '/raw', '/optional'] as const).map((path) => `POST /api/v1/things${path}` as const),
      ),
      bus: quietBus,
      port: 0,
      host: '127.0.0.1',
      operatorKey,
      log,
    })
  })
  afterAll(() => service.close())

  const ask = async (path: string, init: RequestInit = {}) => {
    const headers = { apikey: operatorKey, ...(init.headers as Record<string, string>) }
    const response = await fetch(`${service.url}${path}`, { ...init, headers })
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Record<string, unknown>,
    }
  }
  const post = (path: string, body: string | Buffer, type = 'application/json') =>
    ask(path, { method: 'POST', body, headers: { 'content-type': type } })

  const uuid = '0199C1D2-7B3A-7C4E-9D21-3F5A6B7C8D9E'
  const cases: [string, () => ReturnType<typeof ask>, number, string][] = [
    ['a route that does not exist', () => ask('/api/v1/nothing'), 404, 'route.not_found'],
    ['a method that does not exist', () => ask('/api/v1/things', { method: 'DELETE' }), 404, 'route.not_found'],
    ['a path that is not percent-encoding', () => ask('/api/v1/%zz'), 400, 'request.malformed_url'],
    ['an endless path parameter', () => ask(`/api/v1/things/fail/${'x'.repeat(600)}`), 414, 'request.url_too_long'],
    ['JSON that does not parse', () => post('/api/v1/things', '{"name":'), 400, 'request.malformed_json'],
    ['bytes that are not UTF-8', () => post('/api/v1/things', Buffer.from('7b22ff', 'hex')), 400, 'request.not_utf8'],
    [
      'a body of 1 MiB and one byte',
      () => post('/api/v1/things', Buffer.alloc(1_048_577, 0x20)),
      413,
      'request.too_large',
    ],
    [
      'a form',
      () => post('/api/v1/things', 'name=x', 'application/x-www-form-urlencoded'),
      415,
      'request.unsupported_media_type',
    ],
    [
      'no media type',
      () => ask('/api/v1/things', { method: 'POST', body: Buffer.from('{}') }),
      415,
      'request.unsupported_media_type',
    ],
    ['what is no media type', () => post('/api/v1/things', '{}', 'json'), 415, 'request.unsupported_media_type'],
    [
      'another character set',
      () => post('/api/v1/things', '{}', 'application/json; charset=utf-16'),
      415,
      'request.unsupported_media_type',
    ],
    [
      'a compressed body',
      () => ask('/api/v1/things', { method: 'POST', body: 'x', headers: { 'content-encoding': 'gzip' } }),
      415,
      'request.unsupported_encoding',
    ],
    ['no body where one is needed', () => ask('/api/v1/things', { method: 'POST' }), 400, 'request.invalid'],
    ['a malformed id', () => ask('/api/v1/things/by-id/7'), 400, 'request.invalid'],
    ['no workspace', () => ask('/api/v1/things/mine'), 400, 'workspace.required'],
    [
      'a malformed workspace',
      () => ask('/api/v1/things/mine', { headers: { 'x-workspace-id': 'mine' } }),
      400,
      'workspace.malformed',
    ],
    ['a refusal of the handler', () => ask('/api/v1/things/fail/known'), 409, 'thing.taken'],
    ["Nest's own exception", () => ask('/api/v1/things/fail/nest'), 404, 'route.not_found'],
    ['a bug', () => ask('/api/v1/things/fail/bug'), 500, 'internal'],
    ['a database that is not there', () => ask('/api/v1/things/fail/database'), 503, 'service.unavailable'],
    ['a thrown value', () => ask('/api/v1/things/fail/value'), 500, 'internal'],
    ['an answer that is no JSON', () => ask('/api/v1/things/fail/unserializable'), 500, 'internal'],
  ]
  it.each(cases)('%s', async (_, act, status, code) => {
    const answer = await act()
    expect([answer.status, answer.body.code]).toEqual([status, code])
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.headers.get('portitor-request-id')).toMatch(/^[\w-]{36}$/)
    expect(problemSchema.parse(answer.body)).toMatchObject({ type: `urn:portitor:problem:${code}`, status })
  })

  it('carries members and headers of the refusal, and the path without its query', async () => {
    const answer = await ask('/api/v1/things/fail/known?a=1')
    expect(answer.body).toEqual({
      type: 'urn:portitor:problem:thing.taken',
      title: 'Conflict',
      status: 409,
      code: 'thing.taken',
      detail: 'Choose another name.',
      holder: 7,
      instance: '/api/v1/things/fail/known',
    })
    expect(answer.headers.get('retry-after')).toBe('3')
  })

  it('says nothing of a bug to the caller and everything to the log, under one request id', async () => {
    const answer = await ask('/api/v1/things/fail/bug', { headers: { 'x-request-id': 'trace-me.7' } })
    expect(JSON.stringify(answer.body)).not.toMatch(/hunter2|10\.0\.0\.7|at /)
    expect(answer.body.detail).toContain('trace-me.7')
    expect(answer.headers.get('portitor-request-id')).toBe('trace-me.7')
    const line = lines
      .map((text) => JSON.parse(text) as Record<string, unknown>)
      .find((entry) => entry.msg === 'unexpected error' && entry.request_id === 'trace-me.7')
    expect(line).toMatchObject({
      level: 'error',
      route: '/api/v1/things/fail/:how',
      err: { message: 'password=hunter2 at 10.0.0.7' },
    })
  })

  it('replaces a request id that could break a line or a header', async () => {
    for (const id of ['a b', 'x'.repeat(129), 'a"b', '{}']) {
      const answer = await ask('/api/v1/things', { headers: { 'x-request-id': id } })
      expect(answer.headers.get('portitor-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    }
  })

  it('names every wrong field and what is expected of it', async () => {
    const body = { name: 'too long', nam: 1, tags: [{ key: 'a' }, {}], ['__proto__x']: 1 }
    const answer = await post('/api/v1/things', JSON.stringify(body))
    expect(answer.body.errors).toEqual(
      expect.arrayContaining([
        { in: 'body', field: 'name', expected: expect.stringContaining('<=5') as string },
        { in: 'body', field: 'tags[1].key', expected: expect.stringContaining('expected string') as string },
        { in: 'body', field: 'nam', expected: 'no such field' },
      ]),
    )
    expect(answer.body.detail).toContain('nam: no such field')
    expect((await ask('/api/v1/things?limt=5')).body.detail).toBe('limt: no such field')
    expect((await ask('/api/v1/things?limit=501')).body.errors).toMatchObject([{ in: 'query', field: 'limit' }])
    expect((await ask('/api/v1/things?limit=1&limit=2')).status).toBe(400)
    expect((await post('/api/v1/things', '{"name":"a","__proto__":{"x":1}}')).body.errors).toMatchObject([
      { field: '__proto__' },
    ])
  })

  it('never repeats a wrong value, which may be a secret in the wrong place', async () => {
    const answer = await post('/api/v1/things', JSON.stringify({ name: ['hunter2'], tags: 'hunter2' }))
    expect(JSON.stringify(answer.body)).not.toContain('hunter2')
    expect(JSON.stringify((await post('/api/v1/things', 'hunter2')).body)).not.toContain('hunter2')
  })

  it('hands a raw handler the very bytes and every header but the credentials', async () => {
    const bytes = Buffer.from('00ff7b22', 'hex')
    for (const type of [
      'application/json',
      'application/cloudevents+json',
      'application/cloudevents-batch+json',
      'text/csv',
    ]) {
      const answer = await post('/api/v1/things/raw', bytes, type)
      expect(answer.body).toMatchObject({ hex: '00ff7b22', headers: { 'content-type': type } })
      expect(answer.body.headers).not.toHaveProperty('apikey')
    }
    expect((await ask('/api/v1/things/raw', { method: 'POST' })).body.hex).toBe('')
    expect((await post('/api/v1/things/raw', Buffer.alloc(1_048_576))).status).toBe(201)
  })

  it('takes a body that may be left out', async () => {
    expect((await ask('/api/v1/things/optional', { method: 'POST' })).body).toEqual({ note: 'none' })
    expect((await post('/api/v1/things/optional', '{"note":"x"}')).body).toEqual({ note: 'x' })
  })

  it('I-4 hands over the workspace in lower case', async () => {
    expect((await ask('/api/v1/things/mine', { headers: { 'x-workspace-id': uuid } })).body).toEqual({
      workspaceId: uuid.toLowerCase(),
    })
  })

  it('answers even what is no HTTP with a problem document', async () => {
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(service.url).port), '127.0.0.1', () => socket.write('GET / HTTP/9\r\n\r\n'))
      let received = ''
      socket.on('data', (chunk) => (received += chunk.toString()))
      socket.on('end', () => resolve(received))
      socket.on('error', reject)
    })
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(JSON.parse(text.split('\r\n\r\n')[1]!)).toMatchObject({ code: 'request.malformed', status: 400 })
  })
})
