import { createPrivateKey } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { builtInRoles } from '@portitor/contracts'
import { describeWith } from '@portitor/testing'
import { SignJWT } from 'jose'
import { type IdentityWorld, newSigningKey, openIdentity } from '../identity-world.fixture.ts'
import { publicKey } from '../tokens/signing-keys.ts'

const issuers = ['https://id.example', 'https://other.example'] as const

describeWith(['postgres'], 'people of issuers outside', () => {
  const signer = newSigningKey('ES256', 'outside')
  let server: Server
  let served = 0
  let failing = false
  let world: IdentityWorld
  beforeAll(async () => {
    server = createServer((_, response) => {
      served += 1
      if (failing) response.writeHead(500).end()
      else response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [publicKey(signer)] }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const jwks_uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`
    world = await openIdentity({
      trustedIssuers: issuers.map((issuer) => ({ issuer, audience: 'portitor-console', jwks_uri })),
    })
  })
  afterAll(async () => {
    await world.close()
    server.close()
  })

  const tokenOf = (claims: Record<string, unknown>, header: object = {}, key = signer) =>
    new SignJWT({ iss: issuers[0], aud: 'portitor-console', exp: Math.floor(Date.now() / 1_000) + 600, ...claims })
      .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
      .sign(createPrivateKey({ key, format: 'jwk' }))
  const answerTo = async (claims: Record<string, unknown>, header = {}, key = signer) =>
    world.introspect(await tokenOf(claims, header, key))
  const unknown = { refused: { status: 401, code: 'credential.unknown' } }

  it('I-1 a person is bound once by a verified address, and known by issuer and subject ever after', async () => {
    const workspaceId = await world.workspace()
    const roleId = await world.role(workspaceId, 'billing clerk', ['billing:read'])
    const elsewhere = await world.workspace()
    const id = await world.person('Ada@Example.com', [
      { workspaceId, role: 'billing clerk' },
      { workspaceId: elsewhere, role: 'viewer' },
    ])
    const verified = { sub: 'ada', email: 'ada@example.COM', email_verified: true }
    expect(await answerTo({ ...verified, email_verified: false })).toMatchObject(unknown)
    expect(await answerTo({ ...verified, email_verified: 'true' })).toMatchObject({
      refused: { code: 'credential.token_invalid' },
    })
    const principal = {
      kind: 'user',
      id,
      operator: false,
      credential_id: null,
      memberships: [
        { workspace_id: workspaceId, workspace_status: 'active', team_id: null, scopes: ['billing:read'] },
        { workspace_id: elsewhere, scopes: builtInRoles.viewer },
      ],
      depends_on: [`user:${id}`, workspaceId, elsewhere, `role:${roleId}`],
    }
    expect(await answerTo(verified)).toMatchObject({ principal })
    expect(await answerTo({ sub: 'ada' })).toMatchObject({ principal })
    expect(await answerTo({ ...verified, sub: 'eve' })).toMatchObject(unknown)
    expect(await answerTo({ ...verified, iss: issuers[1] })).toMatchObject(unknown)
    const { rows } = await world.database.query(
      `select target, actor ->> 'id' as actor from auth.audit_entries where action = 'user.bound'`,
    )
    expect(rows).toEqual([{ target: `user:${id}`, actor: id }])
  })

  it('I-1 staff are operators, and a stranger is nobody', async () => {
    const id = await world.person('staff@example.com')
    await world.database.query('insert into auth.operators values ($1, now())', [id])
    expect(await answerTo({ sub: 'staff', email: 'staff@example.com', email_verified: true })).toMatchObject({
      principal: { kind: 'user', id, operator: true, memberships: [] },
    })
    expect(await answerTo({ sub: 'nobody', email: 'nobody@example.com', email_verified: true })).toMatchObject(unknown)
  })

  it('I-2 a token of another issuer, audience, key or kind, or one that has ended, is refused', async () => {
    const good = { sub: 'ada', email: 'ada@example.com', email_verified: true }
    for (const answer of [
      await answerTo({ ...good, iss: 'https://evil.example' }),
      await answerTo({ ...good, aud: 'another' }),
      await answerTo({ ...good, exp: undefined }),
      await answerTo(good, { typ: 'logout+jwt' }),
      await answerTo(good, {}, newSigningKey('ES256', 'outside')),
    ])
      expect(answer).toMatchObject({ refused: { status: 401, code: 'credential.token_invalid' } })
    expect(await answerTo({ ...good, exp: 1 })).toMatchObject({ refused: { code: 'credential.expired' } })
  })

  it('I-2 made-up key ids do not make us ask the issuer over and over', async () => {
    const before = served
    for (let n = 0; n < 20; n += 1) await answerTo({ sub: 'x' }, { kid: `made-up-${n}` })
    expect(served - before).toBeLessThanOrEqual(1)
  })

  it('I-2 where the keys of an issuer cannot be had a good token is 503 and not refused', async () => {
    failing = true
    const restarted = await world.boot()
    const answer = await fetch(`${restarted.url}/api/v1/auth/introspect`, {
      method: 'POST',
      headers: { apikey: 'a secret of this spec, 40 characters long', 'content-type': 'application/json' },
      body: JSON.stringify({ credential: await tokenOf({ sub: 'ada' }), address: '10.0.0.1' }),
    })
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({ code: 'service.unavailable' })
    failing = false
    await restarted.close()
  })
})
