import { createHmac, createPrivateKey } from 'node:crypto'
import { type Introspection, jwksSchema, type Principal, type Token } from '@portitor/contracts'
import { describeWith } from '@portitor/testing'
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose'
import { type IdentityWorld, introspect, newSigningKey, openIdentity, operatorKey } from '../identity-world.fixture.ts'
import { publicKey, type SigningKey } from './signing-keys.ts'
import { TokenController } from './token.controller.ts'

const es256 = newSigningKey('ES256', 'first')
const settings = { issuer: 'portitor', audience: 'portitor', keys: [es256] }
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

describeWith(['postgres'], 'tokens', () => {
  let world: IdentityWorld
  let key: string
  let credentialId: string
  let workspaceId: string
  beforeAll(async () => {
    world = await openIdentity({ tokens: settings })
  })
  afterAll(() => world.close())
  beforeEach(async () => {
    workspaceId = await world.workspace()
    ;({ id: credentialId, key } = await world.credential(workspaceId, { scopes: ['ledger:read', 'keys:write'] }))
  })

  const principalIn = (answer: Introspection): Principal => {
    if (!('principal' in answer)) throw new Error(`refused: ${answer.refused.code}`)
    return answer.principal
  }
  /** As the guard hands it on. */
  const issue = async (order: { scopes?: string[]; expires_in?: number } = {}, from = key, service = world.service) => {
    const principal = principalIn(await world.introspect(from))
    const controller = service.app.get(TokenController, { strict: false })
    const caller = { principal, address: '127.0.0.1', requestId: 'spec' }
    return controller.issue(caller as never, { expires_in: 900, ...order })
  }
  const codeOf = async (credential: string) => {
    const answer = await world.introspect(credential)
    return 'refused' in answer ? answer.refused.code : 'accepted'
  }
  /** A token as ours in all but what is changed. */
  const forge = (claims: Record<string, unknown> = {}, header: object = {}, signer: SigningKey = es256) => {
    const now = Math.floor(Date.now() / 1_000)
    const good = {
      iss: 'portitor',
      aud: 'portitor',
      sub: credentialId,
      cid: credentialId,
      jti: 'j',
      iat: now,
      nbf: now,
    }
    return new SignJWT({ ...good, exp: now + 600, scope: 'ledger:read', workspace_id: workspaceId, ...claims })
      .setProtectedHeader({ alg: signer.alg, kid: signer.kid, typ: 'at+jwt', ...header })
      .sign(createPrivateKey({ key: signer, format: 'jwk' }))
  }

  it('I-2 a key is exchanged for a token with its scopes, or some of them, that says who, where and from which credential', async () => {
    const token: Token = await issue({ scopes: ['ledger:read'], expires_in: 60 })
    expect(token).toMatchObject({ token_type: 'Bearer', expires_in: 60, scope: 'ledger:read' })
    expect(decodeProtectedHeader(token.access_token)).toEqual({ alg: 'ES256', kid: 'first', typ: 'at+jwt' })
    const claims = decodeJwt(token.access_token)
    expect(claims).toMatchObject({ iss: 'portitor', aud: 'portitor', sub: credentialId, scope: 'ledger:read' })
    expect(claims).toMatchObject({ client_id: credentialId, cid: credentialId, workspace_id: workspaceId })
    expect(claims.exp! - claims.iat!).toBe(60)
    expect(principalIn(await world.introspect(token.access_token))).toMatchObject({
      kind: 'api_key',
      credential_id: credentialId,
      token_id: claims.jti,
      expires_at: new Date(claims.exp! * 1_000).toISOString(),
      memberships: [{ workspace_id: workspaceId, scopes: ['ledger:read'] }],
      depends_on: [`credential:${credentialId}`, workspaceId],
    })
    expect((await issue()).scope).toBe('ledger:read keys:write')
  })

  it('I-2 a token never holds a scope that its credential lacks, nor one that the credential has lost since', async () => {
    await expect(issue({ scopes: ['billing:write'] })).rejects.toMatchObject({ code: 'scope.escalation' })
    const { access_token } = await issue()
    await world.database.query(`update auth.credentials set scopes = '{ledger:read}' where id = $1`, [credentialId])
    expect(principalIn(await world.introspect(access_token)).memberships[0]!.scopes).toEqual(['ledger:read'])
  })

  it('I-2 neither a token nor the operator key is exchangeable, with any body or none', async () => {
    const { access_token } = await issue()
    await expect(issue({}, access_token)).rejects.toMatchObject({ code: 'token.not_exchangeable' })
    for (const init of [{}, { body: '{}', headers: { 'content-type': 'application/json' } }]) {
      const headers = { apikey: operatorKey, ...init.headers }
      const answer = await fetch(`${world.service.url}/api/v1/auth/token`, { method: 'POST', ...init, headers })
      expect(await answer.json()).toMatchObject({ status: 403, code: 'token.not_exchangeable' })
    }
  })

  it('I-3 revoking, expiring or suspending what is behind a token ends the token', async () => {
    const { access_token } = await issue()
    await world.database.query('update auth.credentials set revoked_at = now() where id = $1', [credentialId])
    expect(await codeOf(access_token)).toBe('credential.revoked')
    const soon = await world.credential(workspaceId, { expiresAt: new Date(Date.now() + 40_000) })
    expect((await issue({}, soon.key)).expires_in).toBeLessThanOrEqual(40)
    const agentId = await world.agent(workspaceId)
    const ofAgent = await issue({}, (await world.credential(workspaceId, { agentId })).key)
    await world.database.query(`update auth.agents set status = 'suspended' where id = $1`, [agentId])
    expect(await codeOf(ofAgent.access_token)).toBe('agent.suspended')
  })

  it('I-2 a forged or foreign token is refused, whatever its header brings along', async () => {
    expect(await codeOf(await forge())).toBe('accepted')
    const other = newSigningKey('ES256', 'first')
    const now = Math.floor(Date.now() / 1_000)
    const [, body] = (await forge()).split('.') as [string, string, string]
    const none = `${base64url({ alg: 'none', kid: 'first', typ: 'at+jwt' })}.${body}.`
    const hsHead = `${base64url({ alg: 'HS256', kid: 'first', typ: 'at+jwt' })}.${body}`
    const confused = (secret: string) => `${hsHead}.${createHmac('sha256', secret).update(hsHead).digest('base64url')}`
    const bring = { jwk: publicKey(other), jku: 'http://127.0.0.1:9/keys', x5u: 'http://127.0.0.1:9/cert' }
    const [head, payload, signature] = (await forge()).split('.') as [string, string, string]
    const widened = base64url({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), scope: 'keys:write' })
    for (const [name, token] of Object.entries({
      none,
      'the public key as a secret': confused(JSON.stringify(publicKey(es256))),
      'its x as a secret': confused(es256.x),
      'a key of the same name': await forge({}, {}, other),
      'an embedded key': await forge({}, bring, other),
      'an unknown kid': await forge({}, { kid: 'another' }),
      'no kid': await forge({}, { kid: undefined }),
      'another issuer': await forge({ iss: 'https://elsewhere.example' }),
      'no issuer': await forge({ iss: undefined }),
      'another audience': await forge({ aud: 'elsewhere' }),
      'another type': await forge({}, { typ: 'JWT' }),
      'no type': await forge({}, { typ: undefined }),
      'not valid yet': await forge({ nbf: now + 60 }),
      'no end': await forge({ exp: undefined }),
      'no credential': await forge({ cid: undefined }),
      'another workspace': await forge({ workspace_id: await world.workspace() }),
      'an unknown crit': await forge({}, { crit: ['b64x'], b64x: true }).catch(() => none),
      'a changed body': `${head}.${widened}.${signature}`,
    }))
      expect([name, await codeOf(token)]).toEqual([name, 'credential.token_invalid'])
    expect(await codeOf(await forge({ exp: now - 1 }))).toBe('credential.expired')
    expect(await codeOf('a.b.c')).toBe('credential.malformed')
    expect(await codeOf(await forge({ scope: 'x'.repeat(8_200) }))).toBe('credential.oversized')
    expect(await codeOf(await forge({ cid: '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e' }))).toBe('credential.unknown')
  })

  it('I-2 signing keys are rotated by kid: the first signs, the others still verify, one that is gone does not', async () => {
    const before = await issue()
    const newer = newSigningKey('EdDSA', 'second')
    const rotated = await world.boot({ tokens: { ...settings, keys: [newer, es256] } })
    const after = await issue({}, key, rotated)
    expect(decodeProtectedHeader(after.access_token)).toMatchObject({ alg: 'EdDSA', kid: 'second' })
    for (const { access_token } of [before, after])
      expect(await introspect(rotated.url, access_token, '10.0.0.1')).toHaveProperty('principal')
    await rotated.close()
    const retired = await world.boot({ tokens: { ...settings, keys: [newer] } })
    expect(await introspect(retired.url, before.access_token, '10.0.0.1')).toMatchObject({
      refused: { code: 'credential.token_invalid' },
    })
    expect(await introspect(retired.url, after.access_token, '10.0.0.1')).toHaveProperty('principal')
    await retired.close()
  })

  it('I-2 the keys are published without a credential, and only their public parts', async () => {
    const answer = await fetch(`${world.service.url}/.well-known/jwks.json`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300')
    const { kty, crv, x } = es256
    const { y } = es256 as { y: string }
    expect(jwksSchema.parse(await answer.json())).toEqual({
      keys: [{ kty, crv, x, y, kid: 'first', alg: 'ES256', use: 'sig' }],
    })
  })

  it('I-2 without signing keys no token is offered, and keys that do not belong together stop the start', async () => {
    const without = await world.boot({ tokens: { ...settings, keys: [] } })
    await expect(issue({}, key, without)).rejects.toMatchObject({ code: 'token.not_offered' })
    await without.close()
    const torn = { ...es256, d: (newSigningKey('ES256', 'x') as { d: string }).d }
    await expect(world.boot({ tokens: { ...settings, keys: [torn] } })).rejects.toThrow(
      'PORTITOR_JWT_KEYS: the key "first" is not usable',
    )
  })
})
