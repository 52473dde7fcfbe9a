import { ProblemException } from '@portitor/service'
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify, type JWTVerifyGetKey } from 'jose'
import { z } from 'zod'
import type { RefusalReason } from './credential-refusals.ts'

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/
const keysUrlSchema = z
  .url({ protocol: /^https?$/ })
  .refine((text) => text.startsWith('https:') || loopback.test(new URL(text).hostname), 'https, except on loopback')
const issuersSchema = z
  .array(
    z.strictObject({
      issuer: z.string().min(1).max(512),
      audience: z.string().min(1).max(512),
      jwks_uri: keysUrlSchema,
    }),
  )
  .max(16)
export type TrustedIssuer = z.infer<typeof issuersSchema>[number]

const expected =
  'a JSON list of at most 16 {"issuer", "audience", "jwks_uri"}, each issuer once, with https addresses (http on loopback only)'

/** `PORTITOR_TRUSTED_ISSUERS`: who may say who a person is (I-1). */
export const trustedIssuersSchema = z
  .string()
  .transform((text, context): TrustedIssuer[] => {
    const parsed = issuersSchema.safeParse(jsonOf(text))
    const issuers = new Set(parsed.data?.map(({ issuer }) => issuer))
    if (parsed.success && issuers.size === parsed.data.length) return parsed.data
    context.addIssue({ code: 'custom', message: expected })
    return z.NEVER
  })
  .describe(expected)

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Keys are fetched again at most this often, however many tokens name a key that is not there. */
const refetchMsMin = 30_000
const keysAgeMsMax = 600_000
const fetchMsMax = 3_000
/** With public keys only: a shared secret cannot be published. */
const algorithms = ['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512']
/** Tokens made for other ends (log-out, say) are none of a person. */
const types = [undefined, 'jwt', 'at+jwt', 'application/at+jwt']

const personSchema = z.object({
  sub: z.string().min(1).max(255),
  exp: z.number(),
  email: z.string().max(320).optional(),
  email_verified: z.boolean().optional(),
})

/** Whom an issuer says that it knows. */
export interface Person {
  readonly issuer: string
  readonly subject: string
  /** Undefined unless the issuer has verified it. */
  readonly email: string | undefined
  readonly expiresAt: Date
}

/** Log-in through OIDC issuers outside (I-1): their tokens, verified with the keys that they publish. */
export class TrustedIssuers {
  readonly #issuers: ReadonlyMap<string, { readonly audience: string; readonly keys: JWTVerifyGetKey }>

  constructor(issuers: readonly TrustedIssuer[]) {
    this.#issuers = new Map(
      issuers.map(({ issuer, audience, jwks_uri }) => {
        const bounds = { timeoutDuration: fetchMsMax, cooldownDuration: refetchMsMin, cacheMaxAge: keysAgeMsMax }
        return [issuer, { audience, keys: createRemoteJWKSet(new URL(jwks_uri), bounds) }]
      }),
    )
  }

  trusts(issuer: string): boolean {
    return this.#issuers.has(issuer)
  }

  /** Throws 503 where the issuer's keys cannot be had: the token may be good, so it is not refused. */
  async verify(token: string, issuer: string, now: Date): Promise<{ person: Person } | { refused: RefusalReason }> {
    const trusted = this.#issuers.get(issuer)
    if (trusted === undefined) return { refused: 'token_invalid' }
    const { audience, keys } = trusted
    try {
      const requiredClaims = ['sub', 'exp']
      const checks = { algorithms, issuer, audience, requiredClaims, currentDate: now }
      const { payload, protectedHeader } = await jwtVerify(token, keys, checks)
      if (!types.includes(protectedHeader.typ?.toLowerCase())) return { refused: 'token_invalid' }
      return personOf(payload, issuer)
    } catch (error) {
      return { refused: reasonOf(error) }
    }
  }
}

function personOf(payload: JWTPayload, issuer: string): { person: Person } | { refused: RefusalReason } {
  const claims = personSchema.safeParse(payload)
  if (!claims.success) return { refused: 'token_invalid' }
  const { sub, exp, email, email_verified } = claims.data
  const expiresAt = new Date(exp * 1_000)
  return { person: { issuer, subject: sub, email: email_verified === true ? email : undefined, expiresAt } }
}

function reasonOf(error: unknown): RefusalReason {
  if (error instanceof errors.JWTExpired) return 'expired'
  // What fetching throws is no JOSEError, or one that says no more than that the answer was not a key set.
  const fetching =
    !(error instanceof errors.JOSEError) || error instanceof errors.JWKSTimeout || error.code === 'ERR_JOSE_GENERIC'
  if (!fetching && !(error instanceof errors.JWKSInvalid)) return 'token_invalid'
  const refusal = new ProblemException(
    503,
    'service.unavailable',
    'The keys of the issuer cannot be had at the moment; try again.',
    {},
    { 'retry-after': '1' },
  )
  refusal.cause = error
  throw refusal
}
