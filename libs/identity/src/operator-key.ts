import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { operatorRole, type Principal, resourceScopes } from '@portitor/contracts'

export const operatorKeyCharactersMin = 32

/** Everything that can be done. */
export const operatorScopes: readonly string[] = [...resourceScopes, 'invoke:*', 'mcp:*']

/** Whoever knows the operator key. */
export const operatorPrincipal: Principal = {
  kind: 'operator',
  id: operatorRole,
  operator: true,
  credential_id: null,
  mode: 'live',
  memberships: [],
  agent: null,
  ip_allow_list: [],
  expires_at: null,
  depends_on: [],
}

/**
 * The operator key: any secret of 32 characters or more (I-3). Credentials are known here by a hash salted with a secret of
 * this process: hashes are of equal length, so the time a comparison takes tells nothing, and memory holds no credential.
 */
export class OperatorKey {
  readonly #salt = randomBytes(32).toString('hex')
  readonly #expected: Buffer

  constructor(operatorKey: string) {
    if (operatorKey.length < operatorKeyCharactersMin)
      throw new Error(
        `the operator key has ${operatorKey.length} characters: give it at least ${operatorKeyCharactersMin}`,
      )
    this.#expected = this.digestOf(operatorKey)
  }

  digestOf(credential: string): Buffer {
    return hash('sha256', this.#salt + credential, 'buffer')
  }

  matches(digest: Buffer): boolean {
    return timingSafeEqual(digest, this.#expected)
  }
}
