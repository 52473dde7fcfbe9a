import type { Token } from '@portitor/contracts'
import { type CryptoKey, errors, importJWK, type JWK, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import type { RefusalReason } from '../introspection/credential-refusals.ts'
import type { TokenClaims } from '../introspection/judge-credential.ts'
import { publicKey, type SigningKey } from './signing-keys.ts'

const typ = 'at+jwt'
const claimsSchema = z.object({
  jti: z.string().min(1).max(128),
  cid: z.uuid(),
  workspace_id: z.uuid(),
  scope: z.string().max(8_192),
  exp: z.number(),
})

export interface TokenSettings {
  readonly issuer: string
  readonly audience: string
  /** The first signs, all verify: a new key is put in front and the old one kept until its tokens have ended. */
  readonly keys: readonly SigningKey[]
}

export interface TokenOrder {
  readonly id: string
  readonly subject: string
  readonly credentialId: string
  readonly workspaceId: string
  readonly scopes: readonly string[]
  readonly issuedAt: Date
  /** Seconds. */
  readonly expiresIn: number
}

interface Verifier {
  readonly alg: SigningKey['alg']
  readonly key: CryptoKey
}

/** The tokens of this installation: JWTs after RFC 9068, signed with ES256 or EdDSA (I-2). */
export class AccessTokens {
  /** Opens the keys and tries each: one that does not verify what it signs would be found out by customers only. */
  static async open(settings: TokenSettings): Promise<AccessTokens> {
    const signers: { kid: string; alg: SigningKey['alg']; key: CryptoKey }[] = []
    const verifiers = new Map<string, Verifier>()
    for (const jwk of settings.keys) {
      try {
        const { alg, kid } = jwk
        const key = (await importJWK(jwk as JWK, alg)) as CryptoKey
        const verifier = (await importJWK(publicKey(jwk) as JWK, alg)) as CryptoKey
        await jwtVerify(await new SignJWT({}).setProtectedHeader({ alg }).sign(key), verifier)
        signers.push({ kid, alg, key })
        verifiers.set(kid, { alg, key: verifier })
      } catch {
        // The cause may quote the key.
        throw new Error(
          `PORTITOR_JWT_KEYS: the key ${JSON.stringify(jwk.kid)} is not usable: its parts do not belong together`,
        )
      }
    }
    return new AccessTokens(settings, signers[0], verifiers)
  }

  private constructor(
    readonly settings: TokenSettings,
    readonly signer: { readonly kid: string; readonly alg: SigningKey['alg']; readonly key: CryptoKey } | undefined,
    readonly verifiers: ReadonlyMap<string, Verifier>,
  ) {}

  /** Whether there is a key to sign with. */
  get offered(): boolean {
    return this.signer !== undefined
  }

  publicKeys(): Record<string, unknown>[] {
    return this.settings.keys.map(publicKey)
  }

  async issue(order: TokenOrder): Promise<Token> {
    const { signer, settings } = this
    if (signer === undefined) throw new Error('there is no key to sign with: ask `offered` first')
    const issuedAt = Math.floor(order.issuedAt.getTime() / 1_000)
    const scope = order.scopes.join(' ')
    const { credentialId } = order
    const token = await new SignJWT({
      client_id: credentialId,
      cid: credentialId,
      scope,
      workspace_id: order.workspaceId,
    })
      .setProtectedHeader({ alg: signer.alg, kid: signer.kid, typ })
      .setIssuer(settings.issuer)
      .setAudience(settings.audience)
      .setSubject(order.subject)
      .setJti(order.id)
      .setIssuedAt(issuedAt)
      .setNotBefore(issuedAt)
      .setExpirationTime(issuedAt + order.expiresIn)
      .sign(signer.key)
    return { access_token: token, token_type: 'Bearer', expires_in: order.expiresIn, scope }
  }

  /** Only our keys, each with its own algorithm: what the header says chooses among these and brings none along. */
  async verify(token: string, now: Date): Promise<{ claims: TokenClaims } | { refused: RefusalReason }> {
    const { issuer, audience } = this.settings
    try {
      const { payload } = await jwtVerify(token, ({ kid, alg }) => this.keyOf(kid, alg), {
        algorithms: ['ES256', 'EdDSA'],
        issuer,
        audience,
        typ,
        requiredClaims: ['sub', 'jti', 'iat', 'nbf', 'exp', 'cid'],
        currentDate: now,
      })
      const claims = claimsSchema.safeParse(payload)
      return claims.success ? { claims: claims.data } : { refused: 'token_invalid' }
    } catch (error) {
      if (error instanceof errors.JWTExpired) return { refused: 'expired' }
      if (error instanceof errors.JOSEError) return { refused: 'token_invalid' }
      throw error
    }
  }

  private keyOf(kid: string | undefined, alg: string | undefined): CryptoKey {
    const verifier = this.verifiers.get(kid ?? '')
    if (verifier === undefined || verifier.alg !== alg) throw new errors.JWKSNoMatchingKey()
    return verifier.key
  }
}
