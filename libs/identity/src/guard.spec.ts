import { randomInt } from 'node:crypto'
import { jest } from '@jest/globals'
import type { Endpoint, Introspect, Introspection } from '@portitor/contracts'
import fc from 'fast-check'
import { newApiKey } from './api-key.ts'
import { type Admission, type Call, Guard } from './guard.ts'
import { IdentityFollower } from './identity-follower.ts'
import type { RefusedScope } from './refused-scopes.ts'
import { heartbeat, here, identityLog, principal, revoked, there } from './principal.fixture.ts'

const operatorKey = 'a secret of this spec, 40 characters long'
const key = newApiKey('live', randomInt)
const credentialId = '0199c1d2-7b3a-7c4e-9d21-0000000000ff'
const endpoint = (more: Partial<Endpoint> = {}): Endpoint => ({
  service: 'things',
  method: 'GET',
  path: '/api/v1/things',
  summary: 'List',
  workspace: 'optional',
  scope: 'ledger:read',
  answers: {},
  ...more,
})

describe('the guard', () => {
  let nowMs: number
  let guard: Guard
  let record: ReturnType<typeof identityLog>
  let follower: IdentityFollower
  let answer: (question: Introspect) => Promise<Introspection>
  let asked: Introspect[]
  let refusedScopes: RefusedScope[]

  beforeEach(() => {
    nowMs = Date.parse('2026-11-21T09:00:00Z')
    asked = []
    refusedScopes = []
    answer = () => Promise.resolve({ principal: principal() })
    record = identityLog()
    const now = () => nowMs
    follower = new IdentityFollower({ now, failed: () => undefined })
    follower.apply(record(heartbeat(nowMs)))
    const askAuth = (question: Introspect) => {
      asked.push(question)
      return answer(question)
    }
    guard = new Guard({
      operatorKey,
      follower,
      askAuth,
      now,
      scopeRefused: (refused) => void refusedScopes.push(refused),
    })
  })
  afterEach(() => jest.useRealTimers())

  const admit = (headers: Call['headers'] = { apikey: key }, more: Partial<Call> = {}) =>
    guard.admit({ url: '/api/v1/things', headers, address: '203.0.113.9', requestId: 'r', target: endpoint(), ...more })
  const codeOf = (admission: Admission) =>
    'refused' in admission ? `${admission.refused.status} ${admission.refused.code}` : 'admitted'
  const code = async (...args: Parameters<typeof admit>) => codeOf(await admit(...args))

  it('I-2 a remembered credential is admitted at once, without a promise and without asking', async () => {
    expect(admit()).toBeInstanceOf(Promise)
    await admit()
    const asks = asked.length
    const again = admit()
    expect(again).toMatchObject({ caller: { workspaceId: here, scopes: ['ledger:read'], requestId: 'r' } })
    expect(asked).toHaveLength(asks)
    expect(asked[0]).toEqual({ credential: key, address: '203.0.113.9' })
  })

  it('I-3 the operator key wins before any format check and whatever auth says', () => {
    const looksLikeAKey = 'ptr_live_and then something else, which is long'
    const other = new Guard({
      operatorKey: looksLikeAKey,
      follower,
      askAuth: answer,
      now: () => nowMs,
      scopeRefused: () => undefined,
    })
    const call = { url: '/', address: '', requestId: 'r', target: endpoint({ scope: 'operator' }) }
    expect(other.admit({ ...call, headers: { apikey: looksLikeAKey } })).toMatchObject({
      caller: { principal: { kind: 'operator' }, workspaceId: undefined },
    })
    expect(admit({ apikey: operatorKey, 'x-workspace-id': there })).toMatchObject({ caller: { workspaceId: there } })
  })

  it('I-3 refuses a malformed and a mistyped key without a look-up', async () => {
    const typo = key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a')
    expect(await code({ apikey: 'ptr_live_short' })).toBe('401 credential.malformed')
    expect(await code({ authorization: `Bearer ${typo}` })).toBe('401 credential.mistyped')
    expect(await code({ apikey: 'k'.repeat(4_097) })).toBe('401 credential.oversized')
    expect(await code({})).toBe('401 credential.missing')
    expect(asked).toHaveLength(0)
  })

  it('I-2 refuses a key in a URL, of any form, and never a UUID or a cursor', async () => {
    const jwt = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'
    for (const url of [`/x/${key}`, `/x?a=${key}`, `/x?a=${jwt}`, `/x/${jwt}`, '/x?token=a', `/${operatorKey}`])
      expect(await code(undefined, { url: encodeURI(url), target: 'open' })).toBe('401 credential.in_url')
    for (const url of [`/x/${here}`, '/x?cursor=eyJpZCI6IjEifQ', '/x?model=ptr', '/x/%zz'])
      expect(await code(undefined, { url })).toBe('admitted')
  })

  it('I-2 open routes need nothing, an address with nothing at it a credential, an undeclared route is refused to all', async () => {
    expect(await code({}, { target: 'open' })).toBe('admitted')
    expect(await code({}, { target: 'nothing' })).toBe('401 credential.missing')
    expect(await code(undefined, { target: 'nothing' })).toBe('admitted')
    expect(await code(undefined, { target: 'undeclared' })).toBe('403 route.undeclared')
    expect(await code({ apikey: operatorKey }, { target: 'undeclared' })).toBe('403 route.undeclared')
  })

  it('I-2 authenticates, then finds the workspace, then looks at scope and intent', async () => {
    const wrong = { 'x-workspace-id': there, 'x-intent': 'nonsense' }
    const target = endpoint({ scope: 'keys:write' })
    answer = () => Promise.resolve({ refused: { status: 401, code: 'credential.unknown', detail: '', delay_ms: 0 } })
    expect(await code({ apikey: key, ...wrong }, { target })).toBe('401 credential.unknown')
    answer = () => Promise.resolve({ principal: principal() })
    expect(await code({ apikey: key, ...wrong }, { target })).toBe('404 workspace.not_found')
    expect(await code({ apikey: key, ...wrong, 'x-workspace-id': here }, { target })).toBe('403 scope.missing')
    expect(refusedScopes).toMatchObject([{ principal: { id: 'key' }, workspaceId: here, scope: target.scope }])
    expect(await code({ apikey: key, ...wrong, 'x-workspace-id': here })).toBe('400 intent.malformed')
    expect(await code({ apikey: key, 'x-workflow': 'triage' })).toBe('403 intent.not_allowed')
    expect(await code(undefined, { target: endpoint({ scope: 'operator' }) })).toBe('403 operator.only')
  })

  it('I-3 holds a credential to its addresses, each time', async () => {
    answer = () => Promise.resolve({ principal: principal({ ip_allow_list: ['203.0.113.0/24'] }) })
    expect(await code()).toBe('admitted')
    expect(await code(undefined, { address: '198.51.100.1' })).toBe('403 credential.address_not_allowed')
    expect(asked).toHaveLength(1)
  })

  it('I-3 a change of anything it depends on ends what is remembered', async () => {
    await admit()
    follower.apply(record(revoked(credentialId)))
    expect(await code()).toBe('admitted')
    expect(asked).toHaveLength(2)
  })

  it('I-3 an answer that was asked for before a change is used once and not remembered', async () => {
    const late = Promise.withResolvers<Introspection>()
    answer = () => late.promise
    const first = admit()
    follower.apply(record(revoked(credentialId)))
    late.resolve({ principal: principal() })
    expect(codeOf(await first)).toBe('admitted')
    answer = () => Promise.resolve({ refused: { status: 401, code: 'credential.revoked', detail: '', delay_ms: 0 } })
    expect(await code()).toBe('401 credential.revoked')
  })

  it('I-3 without heartbeats every call asks, and where auth is away 503 is answered, but to the operator', async () => {
    await admit()
    nowMs += 1_001
    await admit()
    await admit()
    expect(asked).toHaveLength(3)
    answer = () => Promise.reject(new Error('away'))
    const refused = await admit()
    expect(refused).toMatchObject({
      refused: { status: 503, code: 'identity.unavailable', headers: { 'retry-after': '1' } },
    })
    expect(await code({ apikey: operatorKey })).toBe('admitted')
    follower.apply(record(heartbeat(nowMs)))
    expect(await code()).toBe('admitted')
  })

  it('I-3 a principal that has expired is asked for again', async () => {
    answer = () => Promise.resolve({ principal: principal({ expires_at: new Date(nowMs + 500).toISOString() }) })
    await admit()
    nowMs += 501
    await admit()
    expect(asked).toHaveLength(2)
  })

  it('I-2 calls that come together ask once, but never share an answer asked for before a change or too long ago', async () => {
    const open = Promise.withResolvers<Introspection>()
    answer = () => open.promise
    const calls = [admit(), admit(), admit()]
    expect(asked).toHaveLength(1)
    follower.apply(record(revoked(there)))
    calls.push(admit())
    expect(asked).toHaveLength(2)
    nowMs += 1_001
    calls.push(admit())
    expect(asked).toHaveLength(3)
    open.resolve({ principal: principal() })
    for (const call of await Promise.all(calls.map(async (call) => call))) expect(codeOf(call)).toBe('admitted')
  })

  it('I-3 a refusal is held back as long as auth says, and no valid credential with it', async () => {
    jest.useFakeTimers()
    answer = ({ credential }) =>
      Promise.resolve(
        credential === key
          ? { principal: principal() }
          : { refused: { status: 401, code: 'credential.unknown', detail: 'no', delay_ms: 400 } },
      )
    let answered: string | undefined
    const guess = code({ apikey: 'a guess' }).then((text) => (answered = text))
    expect(await code()).toBe('admitted')
    await jest.advanceTimersByTimeAsync(399)
    expect(answered).toBeUndefined()
    await jest.advanceTimersByTimeAsync(1)
    expect(await guess).toBe('401 credential.unknown')
  })

  it('I-3 holds a bounded number of refusals: what comes beyond is answered 429 at once', async () => {
    jest.useFakeTimers()
    const refused = { status: 401, code: 'credential.unknown', detail: 'no', delay_ms: 5_000 } as const
    answer = () => Promise.resolve({ refused })
    const held: Promise<string>[] = []
    for (let n = 0; n < 1_000; n += 1) held.push(code({ apikey: `guess ${n}` }))
    await jest.advanceTimersByTimeAsync(1)
    expect(await code({ apikey: 'one too many' })).toBe('429 credential.too_many_guesses')
    await jest.advanceTimersByTimeAsync(5_000)
    expect(new Set(await Promise.all(held))).toEqual(new Set(['401 credential.unknown']))
    const after = code({ apikey: 'later' })
    await jest.advanceTimersByTimeAsync(5_000)
    expect(await after).toBe('401 credential.unknown')
  })

  it('I-2 asks a bounded number of questions at once', async () => {
    const open = Promise.withResolvers<Introspection>()
    answer = () => open.promise
    const calls = Array.from({ length: 1_000 }, (_, n) => admit({ apikey: `other ${n}` }))
    expect(await code({ apikey: 'one more' })).toBe('503 identity.unavailable')
    open.resolve({ principal: principal() })
    await Promise.all(calls.map(async (call) => call))
    expect(await code({ apikey: 'one more' })).toBe('admitted')
  })

  it('I-3 whatever a credential is, it is the operator’s only if it is the very key', async () => {
    answer = () => Promise.resolve({ refused: { status: 401, code: 'credential.unknown', detail: '', delay_ms: 0 } })
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, unit: 'binary' }), async (credential) => {
        fc.pre(credential !== operatorKey)
        expect(await code({ apikey: credential })).toMatch(/^401 credential\.(unknown|malformed|mistyped)$/)
      }),
    )
  })

  it('I-3 takes any secret of 32 characters or more as the operator key, and none shorter', () => {
    const make = (secret: string) =>
      new Guard({ operatorKey: secret, follower, askAuth: answer, now: () => nowMs, scopeRefused: () => undefined })
    expect(() => make('x'.repeat(32))).not.toThrow()
    expect(() => make('x'.repeat(31))).toThrow('has 31 characters: give it at least 32')
  })
})
