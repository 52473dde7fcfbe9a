import { Inject, Injectable } from '@nestjs/common'
import { readApiKey } from '@portitor/identity'
import { decodeJwt } from 'jose'
import { AccessTokens } from '../tokens/access-tokens.ts'
import { IntrospectionStore } from './introspection.store.ts'
import { judgeCredential, judgeToken, type FoundCredential, type Judgement } from './judge-credential.ts'
import { hashKey, KEY_PEPPER } from '../keys/key-hash.ts'
import { LogInStore } from './log-in.store.ts'
import { TrustedIssuers } from './trusted-issuers.ts'

const credentialCharactersMax = 8_192
/** Three parts of base64url; the last is empty where somebody tries `alg: none`. */
const tokenPattern = /^[\w-]+\.[\w-]+\.[\w-]*$/

/** A credential → who it is, or why it is refused: keys of ours, tokens of ours, tokens of trusted issuers (I-2). */
@Injectable()
export class CredentialIdentifier {
  constructor(
    @Inject(KEY_PEPPER) readonly pepper: string,
    @Inject(IntrospectionStore) readonly credentials: IntrospectionStore,
    @Inject(AccessTokens) readonly tokens: AccessTokens,
    @Inject(TrustedIssuers) readonly issuers: TrustedIssuers,
    @Inject(LogInStore) readonly logIns: LogInStore,
  ) {}

  async identify(credential: string, now: Date): Promise<Judgement> {
    if (credential.length > credentialCharactersMax) return { refused: 'oversized' }
    if (tokenPattern.test(credential)) return this.#token(credential, now)
    const kind = readApiKey(credential)
    if (kind === 'malformed' || kind === 'mistyped') return { refused: kind }
    const found = await this.credentials.findByHash(hashKey(this.pepper, credential))
    return this.#used(judgeCredential(found, now), found, now)
  }

  /** The issuer that the token claims says only whose keys it has to stand against. */
  async #token(token: string, now: Date): Promise<Judgement> {
    let issuer: string | undefined
    try {
      issuer = decodeJwt(token).iss
    } catch {
      return { refused: 'malformed' }
    }
    if (issuer === undefined) return { refused: 'token_invalid' }
    return issuer === this.tokens.settings.issuer ? this.#ownToken(token, now) : this.#personsToken(token, issuer, now)
  }

  async #ownToken(token: string, now: Date): Promise<Judgement> {
    const verified = await this.tokens.verify(token, now)
    if ('refused' in verified) return verified
    const found = await this.credentials.findById(verified.claims.cid)
    return this.#used(judgeToken(verified.claims, found, now), found, now)
  }

  async #personsToken(token: string, issuer: string, now: Date): Promise<Judgement> {
    const verified = await this.issuers.verify(token, issuer, now)
    if ('refused' in verified) return verified
    const principal = await this.logIns.identify(verified.person, now)
    return principal === undefined ? { refused: 'unknown' } : { principal }
  }

  async #used(judged: Judgement, found: FoundCredential | undefined, now: Date): Promise<Judgement> {
    if ('principal' in judged && found !== undefined) await this.credentials.used(found, now)
    return judged
  }
}
