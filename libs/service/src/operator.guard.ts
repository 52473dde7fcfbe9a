import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { RouteConfig } from '@nestjs/platform-fastify'
import type { FastifyRequest } from 'fastify'
import { ProblemException } from './problem-details.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route needs no credential. */
    portitorOpen?: true
  }
}

/** Marks a handler that needs no credential: health and documentation, nothing else. */
export const Open = () => RouteConfig(openRoute)
export const openRoute = { portitorOpen: true } as const

/** A credential longer than this is refused unread. */
const credentialCharactersMax = 4_096
const operatorKeyCharactersMin = 32

export const howToAuthenticate =
  'Authenticate with the header `Authorization: Bearer <operator key>`, `x-api-key: <operator key>` or `apikey: <operator key>`.'
/** Names under which people put a key into a URL, where proxies and histories keep it. */
const keyParameters = new Set([
  'api_key',
  'apikey',
  'api-key',
  'x-api-key',
  'key',
  'access_token',
  'token',
  'authorization',
])

/**
 * Lets in who knows the operator key (I-2, I-3 as long as there is no other credential). It runs when the headers are
 * there and before a byte of the body is parsed, so a bad credential answers 401 whatever the body is.
 */
export class OperatorGuard {
  readonly #salt = randomBytes(32).toString('hex')
  readonly #expected: Buffer

  constructor(operatorKey: string) {
    if (operatorKey.length < operatorKeyCharactersMin)
      throw new Error(
        `the operator key has ${operatorKey.length} characters: give it at least ${operatorKeyCharactersMin}`,
      )
    this.#expected = this.#hash(operatorKey)
  }

  /** Throws 401 unless the request may go on. */
  check(request: FastifyRequest): void {
    if (this.#hasKeyInUrl(request.raw.url ?? ''))
      throw refusal(
        'credential.in_url',
        `A key in a URL ends up in logs and histories: this one was refused, and should be replaced if it was real. ${howToAuthenticate}`,
      )
    if (request.routeOptions.config.portitorOpen === true) return
    const credential = credentialOf(request)
    if (credential === undefined) throw refusal('credential.missing', `This needs a credential. ${howToAuthenticate}`)
    if (credential.length > credentialCharactersMax)
      throw refusal(
        'credential.oversized',
        `The credential has more than ${credentialCharactersMax} characters. ${howToAuthenticate}`,
      )
    if (!this.#matches(credential))
      throw refusal('credential.unknown', `The credential is not known here. ${howToAuthenticate}`)
  }

  /** Compares hashes of equal length, salted with a secret of this process: the time taken tells nothing about the operator key. */
  #matches(credential: string): boolean {
    return timingSafeEqual(this.#hash(credential), this.#expected)
  }

  #hash(text: string): Buffer {
    return hash('sha256', this.#salt + text, 'buffer')
  }

  #hasKeyInUrl(url: string): boolean {
    const [path, query] = splitUrl(url)
    for (const [name, value] of new URLSearchParams(query)) {
      if (keyParameters.has(name.toLowerCase()) || this.#isKey(value) || this.#isKey(name)) return true
    }
    return path.split('/').some((part) => this.#isKey(decoded(part)))
  }

  #isKey(text: string): boolean {
    return text.length >= operatorKeyCharactersMin && text.length <= credentialCharactersMax && this.#matches(text)
  }
}

/** The first that is there counts: `Authorization: Bearer`, `x-api-key`, `apikey`. */
function credentialOf(request: FastifyRequest): string | undefined {
  const { authorization, 'x-api-key': xApiKey, apikey } = request.headers
  if (authorization !== undefined && authorization !== '') {
    const bearer = /^Bearer +(\S.*)$/i.exec(authorization)?.[1]
    if (bearer === undefined)
      throw refusal(
        'credential.malformed',
        `The Authorization header is not of the form \`Bearer <key>\`. ${howToAuthenticate}`,
      )
    return bearer.trim()
  }
  return [xApiKey, apikey].flat().find((value) => value !== undefined && value !== '')
}

export function refusal(code: string, detail: string): ProblemException {
  return new ProblemException(401, code, detail, {}, { 'www-authenticate': 'Bearer realm="portitor"' })
}

function splitUrl(url: string): [path: string, query: string] {
  const at = url.indexOf('?')
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)]
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
