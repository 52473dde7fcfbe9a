import type { FastifyInstance } from 'fastify'
import type { Log } from './log.ts'
import { ProblemException } from './problem-details.ts'
import { readBounded } from './read-bounded.ts'

export type ServiceName = 'auth' | 'ingestion' | 'rating' | 'ledger' | 'analytics' | 'invoicing'
export type PeerUrls = Readonly<Partial<Record<ServiceName, string>>>
export interface PeerAnswer<T> {
  readonly status: number
  readonly body: T
}

interface Question {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

const peerMsMax = 10_000
const answerBytesMax = 16 * 1_048_576

export interface PeersOptions {
  readonly urls: PeerUrls
  readonly operatorKey: string
  readonly fastify: FastifyInstance
  readonly log: Log
  /** For specs; 10 s unless said. */
  readonly timeoutMsMax?: number
}

/**
 * Calls of one service to another. A peer with an address is called over HTTP; any other lives in this process, and the
 * call goes through the same routes and the same guard without leaving it. The operator key is the credential (I-2).
 */
export class Peers {
  constructor(readonly options: PeersOptions) {}

  /**
   * Reads from a peer and answers whatever status it gave, 4xx and 5xx too. Throws 503 `peer.unavailable` where it gave no
   * JSON answer within 10 s: reading again later is safe.
   */
  async get<T>(
    service: ServiceName,
    path: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<PeerAnswer<T>> {
    return this.#ask(service, { method: 'GET', path, headers })
  }

  /**
   * As `get`, with a JSON body. Throws the same 503, where `answerMsMax` says so after less than 10 s; whether asking again
   * is safe, the caller knows.
   */
  async post<T>(service: ServiceName, path: string, body: object, answerMsMax?: number): Promise<PeerAnswer<T>> {
    const headers = { 'content-type': 'application/json' }
    return this.#ask(service, { method: 'POST', path, headers, body: JSON.stringify(body) }, answerMsMax)
  }

  async #ask<T>(
    service: ServiceName,
    question: Question,
    answerMsMax = this.options.timeoutMsMax ?? peerMsMax,
  ): Promise<PeerAnswer<T>> {
    const url = this.options.urls[service]
    const authorization = `Bearer ${this.options.operatorKey}`
    const sent = { ...question, headers: { ...question.headers, authorization } }
    const signal = AbortSignal.timeout(answerMsMax)
    try {
      const asked = url === undefined ? this.#inside<T>(service, sent) : this.#outside<T>(url, sent, signal)
      return await Promise.race([asked, aborted(signal)])
    } catch (err) {
      this.options.log.warn({ err, peer: service }, 'a peer did not answer')
      throw new ProblemException(
        503,
        'peer.unavailable',
        `The service ${service} did not answer; try again.`,
        {},
        { 'retry-after': '1' },
      )
    }
  }

  async #inside<T>(service: ServiceName, { method, path, headers, body: payload }: Question): Promise<PeerAnswer<T>> {
    const response = await this.options.fastify.inject({
      method,
      url: path,
      headers,
      ...(payload === undefined ? {} : { payload }),
    })
    const body = response.json<T>()
    if ((body as { code?: unknown } | null)?.code === 'route.not_found')
      throw new Error(`${service} does not run in this process: set ${service.toUpperCase()}_URL to where it does`)
    return { status: response.statusCode, body }
  }

  async #outside<T>(
    url: string,
    { method, path, headers, body }: Question,
    signal: AbortSignal,
  ): Promise<PeerAnswer<T>> {
    // Following a redirect would hand the operator key to whoever the peer names.
    const response = await fetch(`${url.replace(/\/+$/, '')}${path}`, {
      method,
      headers,
      redirect: 'error',
      signal,
      ...(body === undefined ? {} : { body }),
    })
    return { status: response.status, body: JSON.parse(await readBounded(response, answerBytesMax)) as T }
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}
