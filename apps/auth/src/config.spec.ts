import { readConfig } from '@portitor/service'
import { z } from 'zod'
import { authVariables } from './config.ts'
import { newSigningKey } from './identity-world.fixture.ts'

const read = (env: NodeJS.ProcessEnv) =>
  readConfig(z.object(authVariables), { PORTITOR_KEY_PEPPER: 'p'.repeat(32), ...env })
const first = newSigningKey('ES256', 'first')
const keys = (...list: object[]) => JSON.stringify({ keys: list })
const issuer = { issuer: 'https://id.example', audience: 'a', jwks_uri: 'https://id.example/keys' }

describe('the settings of identity', () => {
  it('I-3 take a pepper, signing keys and issuers, and have defaults for names only', () => {
    expect(read({})).toEqual({
      PORTITOR_KEY_PEPPER: 'p'.repeat(32),
      PORTITOR_ISSUER: 'portitor',
      PORTITOR_AUDIENCE: 'portitor',
    })
    const loopback = { ...issuer, issuer: 'http://127.0.0.1:9', jwks_uri: 'http://127.0.0.1:9/keys' }
    const given = { PORTITOR_JWT_KEYS: keys(first), PORTITOR_TRUSTED_ISSUERS: JSON.stringify([issuer, loopback]) }
    expect(read(given)).toMatchObject({ PORTITOR_JWT_KEYS: [first], PORTITOR_TRUSTED_ISSUERS: [issuer, loopback] })
  })

  it('I-3 a pepper that is missing or short stops the start', () => {
    expect(() => readConfig(z.object(authVariables), {})).toThrow('PORTITOR_KEY_PEPPER is not set')
    expect(() => read({ PORTITOR_KEY_PEPPER: 'short' })).toThrow(
      'was a secret of 5 characters: expected a secret of at least 32',
    )
  })

  it.each([
    ['no JSON', '{', 'it is not JSON'],
    ['no keys', keys(), 'keys is missing or wrong'],
    ['a public key', keys({ ...first, d: undefined }), 'keys.0.d is missing or wrong'],
    ['a key without kid', keys({ ...first, kid: undefined }), 'keys.0.kid is missing or wrong'],
    ['a shared secret', keys({ kty: 'oct', k: 'c2VjcmV0', kid: 'a' }), 'keys.0.kty is missing or wrong'],
    ['another curve', keys({ ...first, crv: 'P-384' }), 'keys.0.crv is missing or wrong'],
    ['another algorithm', keys({ ...first, alg: 'HS256' }), 'keys.0.alg is missing or wrong'],
    ['a kid twice', keys(first, newSigningKey('EdDSA', 'first')), 'two keys have the same kid'],
  ])('I-2 %s for signing is told, and nothing of what stands there', (_, text, problem) => {
    expect(() => read({ PORTITOR_JWT_KEYS: text })).toThrow(problem)
    expect(() => read({ PORTITOR_JWT_KEYS: text })).not.toThrow(first.x)
  })

  it.each([
    ['no JSON', 'x'],
    ['plain http', JSON.stringify([{ ...issuer, jwks_uri: 'http://id.example/keys' }])],
    [
      'a host that only begins like loopback',
      JSON.stringify([{ ...issuer, jwks_uri: 'http://127.0.0.1.example/keys' }]),
    ],
    ['an issuer twice', JSON.stringify([issuer, issuer])],
    ['an unknown field', JSON.stringify([{ ...issuer, client_secret: 's' }])],
  ])('I-1 refuses %s as trusted issuers', (_, text) => {
    expect(() => read({ PORTITOR_TRUSTED_ISSUERS: text })).toThrow('PORTITOR_TRUSTED_ISSUERS was')
  })
})
