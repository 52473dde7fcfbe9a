import type { Principal } from '@portitor/contracts'
import { LRUCache } from 'lru-cache'
import { addressList } from './address-list.ts'

const principalsMax = 10_000
const ageMsMax = 60_000
/** Who depends on more than this is asked for each time: the index has to stay in proportion to the cache. */
const dependenciesMax = 512

/** A principal as a guard works with it: what would be worked out for each call is worked out once. */
export interface KnownPrincipal {
  readonly principal: Principal
  readonly allows: (address: string) => boolean
  readonly expiresAtMs: number
}

export function knownPrincipal(principal: Principal): KnownPrincipal {
  return {
    principal,
    allows: addressList(principal.ip_allow_list),
    expiresAtMs: principal.expires_at === null ? Infinity : Date.parse(principal.expires_at),
  }
}

/**
 * The principals asked for lately, by the digest of their credential, each to be forgotten as soon as something it depends
 * on changes (I-3). It may forget at any time: then `auth` is asked again.
 */
export class PrincipalCache {
  readonly #principals: LRUCache<string, KnownPrincipal>
  /** Digests by the keys of `identity.changed` that they depend on. */
  readonly #dependents = new Map<string, Set<string>>()

  constructor(readonly now: () => number) {
    this.#principals = new LRUCache({
      max: principalsMax,
      ttl: ageMsMax,
      ttlResolution: 0,
      perf: { now },
      dispose: ({ principal }, digest) => this.#unlist(principal, digest),
    })
  }

  /** The principal unless it is forgotten or has expired: what it is then is for `auth` to say. */
  get(digest: string): KnownPrincipal | undefined {
    const known = this.#principals.get(digest)
    if (known === undefined || known.expiresAtMs > this.now()) return known
    this.#principals.delete(digest)
    return undefined
  }

  remember(digest: string, known: KnownPrincipal): void {
    const { depends_on } = known.principal
    // What it depends on is what ends it: one that names nothing could not be ended before its time.
    if (depends_on.length === 0 || depends_on.length > dependenciesMax) return
    this.#principals.set(digest, known)
    for (const key of depends_on) {
      const dependents = this.#dependents.get(key)
      if (dependents === undefined) this.#dependents.set(key, new Set([digest]))
      else dependents.add(digest)
    }
  }

  /** Something has changed: all that depended on it are forgotten. */
  forget(key: string): void {
    for (const digest of this.#dependents.get(key) ?? []) this.#principals.delete(digest)
  }

  get size(): number {
    return this.#principals.size
  }

  /** Keys in the index, which must not outlive the principals. */
  get dependencies(): number {
    return this.#dependents.size
  }

  #unlist({ depends_on }: Principal, digest: string): void {
    for (const key of depends_on) {
      const dependents = this.#dependents.get(key)
      if (dependents?.delete(digest) === true && dependents.size === 0) this.#dependents.delete(key)
    }
  }
}
