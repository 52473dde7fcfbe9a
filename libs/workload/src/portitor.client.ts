import { setTimeout as sleep } from 'node:timers/promises'
import type { z } from 'zod'

/** One request, from its start to the end of its answer. */
const requestMsMax = 120_000
/** How long a request that found nobody, or a system too busy, is tried again before it is given up. */
const retryMsMax = 180_000
const pauseMsMax = 10_000
const pauseMsMin = 200

/** The system cannot be used as asked; the message says what to do. */
export class PortitorProblem extends Error {
  override readonly name = 'PortitorProblem'
}

export interface Sending {
  readonly method?: 'GET' | 'POST'
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Whether to wait and ask again on 503 and broken connections: only for what may arrive twice. */
  readonly retry?: boolean
}

/** A running Portitor as an operator reaches it over HTTP. */
export class Portitor {
  readonly url: string
  readonly #operatorKey: string

  constructor({ url, operatorKey }: { url: string; operatorKey: string }) {
    this.url = url.replace(/\/+$/, '')
    this.#operatorKey = operatorKey
  }

  /** Throws `PortitorProblem` at once where nobody listens or the key is not the operator's. */
  async check(): Promise<void> {
    await this.#succeed('/api/v1/workspaces?limit=1', {})
  }

  /** Reads JSON and checks it. Throws `PortitorProblem` on anything but success. */
  async get<T>(schema: z.ZodType<T>, path: string, headers: Record<string, string> = {}): Promise<T> {
    return schema.parse(await (await this.#succeed(path, { headers, retry: true })).json())
  }

  /** The same; undefined where there is nothing (404). */
  async find<T>(schema: z.ZodType<T>, path: string): Promise<T | undefined> {
    const response = await this.send(path, { retry: true })
    if (response.ok) return schema.parse(await response.json())
    if (response.status !== 404) throw await this.#problem(path, response)
    await response.body?.cancel()
    return undefined
  }

  /** Reads an answer of any length as it comes. */
  async stream(path: string): Promise<ReadableStream<Uint8Array>> {
    return (await this.#succeed(path, { retry: true })).body ?? new ReadableStream()
  }

  /** Sends JSON and checks the answer. For what may arrive twice: it is sent again where nobody answered. */
  async post<T>(schema: z.ZodType<T>, path: string, body: unknown, headers: Record<string, string>): Promise<T> {
    const sending = { method: 'POST', body: JSON.stringify(body), headers, retry: true } as const
    const response = await this.#succeed(path, {
      ...sending,
      headers: { 'content-type': 'application/json', ...headers },
    })
    return schema.parse(await response.json())
  }

  /** Sends one request and gives its answer, refusals (4xx) included. Throws `PortitorProblem` for the others. */
  async send(path: string, sending: Sending): Promise<Response> {
    const deadlineMs = performance.now() + retryMsMax
    for (let attempt = 1; ; attempt++) {
      const { response, error, waitMs } = await this.#attempt(path, sending)
      if (response !== undefined && response.status < 500 && response.status !== 401 && response.status !== 403)
        return response
      const pauseMs = Math.min(pauseMsMax, waitMs ?? pauseMsMin * 2 ** Math.min(attempt, 6))
      const passing = response === undefined || response.status === 503
      if (!passing || sending.retry !== true || performance.now() + pauseMs > deadlineMs)
        throw response === undefined ? this.#unreachable(error) : await this.#problem(path, response)
      await response?.body?.cancel()
      await sleep(pauseMs)
    }
  }

  async #succeed(path: string, sending: Sending): Promise<Response> {
    const response = await this.send(path, sending)
    if (!response.ok) throw await this.#problem(path, response)
    return response
  }

  async #attempt(path: string, { method = 'GET', body, headers = {} }: Sending): Promise<Attempt> {
    const authorization = `Bearer ${this.#operatorKey}`
    try {
      const response = await fetch(`${this.url}${path}`, {
        method,
        headers: { ...headers, authorization },
        signal: AbortSignal.timeout(requestMsMax),
        ...(body === undefined ? {} : { body }),
      })
      const seconds = Number(response.headers.get('retry-after') ?? 'none')
      return { response, ...(Number.isFinite(seconds) ? { waitMs: seconds * 1_000 } : {}) }
    } catch (error) {
      return { error }
    }
  }

  #unreachable(error: unknown): PortitorProblem {
    return new PortitorProblem(
      `${this.url} cannot be reached (${reasonOf(error)}): start it with npm start, or set PORTITOR_URL to where it runs`,
    )
  }

  async #problem(path: string, response: Response): Promise<PortitorProblem> {
    if (response.status === 401 || response.status === 403)
      return new PortitorProblem(
        `${this.url} refuses the operator key: set PORTITOR_OPERATOR_KEY to the one it was started with`,
      )
    const text = (await response.text()).slice(0, 1_000)
    return new PortitorProblem(`${this.url}${path} answered ${response.status}: ${text}`)
  }
}

interface Attempt {
  readonly response?: Response
  readonly error?: unknown
  readonly waitMs?: number
}

/** fetch hides what happened in `cause`. */
function reasonOf(error: unknown): string {
  const { cause = error } = error as { cause?: unknown }
  const { code, message } = cause as { code?: string; message?: string }
  return code ?? message ?? String(error)
}
