import { randomInt } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { Controller, Get, Module, Post } from '@nestjs/common'
import type { Endpoint, Introspect, Introspection, Membership, Principal } from '@portitor/contracts'
import { newApiKey } from '@portitor/identity'
import { z } from 'zod'
import { bootService, Caller, createLog, JsonBody, OptionalWorkspaceId, type Service, WorkspaceId } from './index.ts'
import { declared, introspectEndpoints, quietBus, standForAuth } from './stand-ins.fixture.ts'

const operatorKey = 'a secret of this spec, 40 characters long'
const here = '0199c1d2-7b3a-7c4e-9d21-00000000000a'
const there = '0199c1d2-7b3a-7c4e-9d21-00000000000b'
const [ofOne, ofTwo] = [newApiKey('live', randomInt), newApiKey('live', randomInt)]
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

  @Get('optional')
  optional(@OptionalWorkspaceId() workspaceId: string | undefined, @Caller() caller: Caller) {
    return { sees: workspaceId ?? 'the whole system', kind: caller.principal.kind, scopes: caller.scopes }
  }

  @Get('required')
  required(@WorkspaceId() workspaceId: string) {
    return { sees: workspaceId }
  }

  @Get('about-none')
  aboutNone(@OptionalWorkspaceId() workspaceId: string | undefined) {
    return { sees: workspaceId ?? 'the whole system' }
  }

  @Get('operators')
  operators() {
    return { sees: 'the whole system' }
  }

  @Get('forgotten')
  forgotten() {
    return { sees: 'what nobody should' }
  }
}

const endpoint = (path: string, more: Partial<Endpoint>): Endpoint => ({
  ...declared(`GET /api/v1/things/${path}`)[0]!,
  ...more,
})
const endpoints: readonly Endpoint[] = [
  ...declared('GET /api/v1/things', 'POST /api/v1/things'),
  endpoint('optional', { workspace: 'optional', scope: 'ledger:read' }),
  endpoint('required', { workspace: 'required', scope: 'keys:read' }),
  endpoint('about-none', { workspace: 'none' }),
  endpoint('operators', { workspace: 'none', scope: 'operator' }),
  ...introspectEndpoints,
]

const member = (workspace_id: string): Membership => ({
  workspace_id,
  workspace_status: 'active',
  team_id: null,
  scopes: ['ledger:read'],
})
const principal = (memberships: Membership[]): Principal => ({
  kind: 'user',
  id: 'somebody',
  operator: false,
  credential_id: null,
  mode: 'live',
  memberships,
  agent: null,
  ip_allow_list: [],
  expires_at: null,
  depends_on: ['user:somebody'],
})
function introspect({ credential }: Introspect): Introspection {
  if (credential === ofOne) return { principal: principal([member(here)]) }
  if (credential === ofTwo) return { principal: principal([member(here), member(there)]) }
  return { refused: { status: 401, code: 'credential.unknown', detail: 'The credential is not known.', delay_ms: 0 } }
}

@Module({ controllers: [ThingsController, standForAuth(introspect)] })
class ThingsModule {}

describe('the guard of every service', () => {
  let service: Service
  beforeAll(async () => {
    const log = createLog({ name: 'things', level: 'debug', destination: { write: (line) => void lines.push(line) } })
    service = await bootService({
      name: 'things',
      module: ThingsModule,
      endpoints,
      bus: quietBus,
      port: 0,
      host: '127.0.0.1',
      operatorKey,
      log,
    })
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
      [{ apikey: ofOne.slice(0, -1) }, 'credential.malformed'],
      [{ apikey: ofOne.replace(/.$/, (last) => (last === '0' ? '1' : '0')) }, 'credential.mistyped'],
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
      `/api/v1/things/${ofOne}`,
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

  const seen = async (path: string, key: string, workspace?: string) => {
    const headers = { apikey: key, ...(workspace === undefined ? {} : { 'x-workspace-id': workspace }) }
    const { status, body } = await ask(`/api/v1/things/${path}`, headers)
    return status === 200 ? body.sees : `${status} ${String(body.code)}`
  }

  it.each([
    ['optional', ofOne, undefined, here],
    ['optional', ofOne, there, '404 workspace.not_found'],
    ['optional', ofTwo, undefined, '400 workspace.required'],
    ['optional', ofTwo, there.toUpperCase(), there],
    ['optional', operatorKey, undefined, 'the whole system'],
    ['optional', operatorKey, there, there],
    ['optional', operatorKey, 'acme', '400 workspace.malformed'],
    ['required', operatorKey, undefined, '400 workspace.required'],
    ['required', operatorKey, here, here],
    ['required', ofOne, undefined, '403 scope.missing'],
    ['operators', ofOne, undefined, '403 operator.only'],
    ['operators', ofTwo, undefined, '403 operator.only'],
    ['operators', operatorKey, undefined, 'the whole system'],
    ['forgotten', ofOne, undefined, '403 route.undeclared'],
    ['forgotten', operatorKey, undefined, '403 route.undeclared'],
  ])('I-4 %s as %s in %s: %s', async (path, key, workspace, expected) => {
    expect(await seen(path, key, workspace)).toBe(expected)
  })

  it('I-4 no tenant ever gets the whole system, not even where the endpoint is about no workspace', async () => {
    expect(await seen('about-none', operatorKey)).toBe('the whole system')
    expect(await seen('about-none', ofOne)).toBe(here)
    expect(await seen('about-none', ofTwo)).toBe('400 workspace.required')
    expect(await seen('about-none', ofTwo, there)).toBe(there)
  })

  it('I-2 says which scope is missing, in the answer and as a challenge', async () => {
    const answer = await ask('/api/v1/things/required', { apikey: ofOne })
    expect(answer.body).toMatchObject({ code: 'scope.missing', required_scope: 'keys:read' })
    expect(answer.headers.get('www-authenticate')).toBe('Bearer error="insufficient_scope", scope="keys:read"')
  })

  it('I-2 lets HEAD in where GET is', async () => {
    const head = (key: string) =>
      fetch(`${service.url}/api/v1/things/optional`, { method: 'HEAD', headers: { apikey: key } })
    expect((await head(ofOne)).status).toBe(200)
    expect((await head('wrong')).status).toBe(401)
  })

  it('I-5 refuses an intent that is malformed or not the caller’s', async () => {
    const code = async (headers: Record<string, string>) =>
      (await ask('/api/v1/things/optional', { apikey: ofOne, ...headers })).body.code
    expect(await code({ 'x-intent': 'everything' })).toBe('intent.malformed')
    expect(await code({ 'x-workflow': 'triage' })).toBe('intent.not_allowed')
    expect(await code({ 'x-cost-center': 'support' })).toBeUndefined()
  })

  it('I-2 has no open route but health and documentation', () => {
    const open = service.routes.filter((route) => route.open).map((route) => route.path)
    expect(open.filter((path) => !path.startsWith('/docs')).sort()).toEqual([
      '/',
      '/api/openapi.json',
      '/health/live',
      '/health/ready',
    ])
    const guarded = service.routes.filter((route) => !route.open)
    expect(guarded.map(({ path }) => path).filter((path) => !path.startsWith('/api/v1/'))).toEqual([])
  })

  it('I-2 never logged the key in all of this', () => {
    expect(lines.length).toBeGreaterThan(20)
    expect(lines.join('')).not.toContain(operatorKey)
    expect(lines.join('')).not.toContain(ofOne)
    expect(lines.join('')).not.toContain(encodeURIComponent(operatorKey))
  })

  it('I-2 does not tell what exists to who has no credential', async () => {
    expect((await ask('/api/v1/nothing')).status).toBe(401)
    expect((await ask('/api/v1/nothing', { apikey: operatorKey })).status).toBe(404)
  })
})
