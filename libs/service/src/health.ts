import { setTimeout as sleep } from 'node:timers/promises'
import { ProblemException } from './problem-details.ts'
import type { Log } from './log.ts'

export type HealthCheck = () => Promise<string | undefined>

/** How long one check may take before it counts as not ready. */
const checkMsMax = 2_000
const readyPollMs = 50

/** What must be well before a service takes work. A check answers `undefined` when it is, else what is missing. */
export class HealthRegistry {
  readonly #checks = new Map<string, HealthCheck>()
  #draining = false

  constructor(
    readonly log: Log,
    readonly timeoutMsMax = checkMsMax,
  ) {}

  register(name: string, check: HealthCheck): void {
    if (this.#checks.has(name)) throw new Error(`health check ${name} is registered twice: give each its own name`)
    this.#checks.set(name, check)
  }

  /** From now on the service is not ready, so that nobody sends it new work while it finishes what it has. */
  drain(): void {
    this.#draining = true
  }

  /** Name and reason of everything that is not ready; empty when the service is. */
  async unready(): Promise<{ name: string; reason: string }[]> {
    if (this.#draining) return [{ name: 'shutdown', reason: 'the service is stopping' }]
    const results = await Promise.all(
      [...this.#checks].map(async ([name, check]) => ({ name, reason: await this.#ask(name, check) })),
    )
    return results.flatMap(({ name, reason }) => (reason === undefined ? [] : [{ name, reason }]))
  }

  /** Resolves when everything is ready; rejects after `waitMsMax`, saying what is not. */
  async ready(waitMsMax: number): Promise<void> {
    for (const deadline = Date.now() + waitMsMax; ; await sleep(readyPollMs)) {
      const unready = await this.unready()
      if (unready.length === 0) return
      if (Date.now() >= deadline) throw new Error(`not ready after ${waitMsMax / 1_000} s: ${listed(unready)}`)
    }
  }

  async #ask(name: string, check: HealthCheck): Promise<string | undefined> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(`no answer within ${this.timeoutMsMax} ms`), this.timeoutMsMax)
    })
    try {
      return await Promise.race([check(), late])
    } catch (err) {
      // The endpoint is open, so the error itself (addresses, user names) goes to the log only.
      this.log.warn({ err, check: name }, 'health check failed')
      return 'the check failed; the log says why'
    } finally {
      clearTimeout(timer)
    }
  }
}

export function notReady(checks: readonly { name: string; reason: string }[]): ProblemException {
  return new ProblemException(
    503,
    'service.not_ready',
    `Not ready: ${listed(checks)}.`,
    { checks },
    { 'retry-after': '1' },
  )
}

function listed(checks: readonly { name: string; reason: string }[]): string {
  return checks.map(({ name, reason }) => `${name} (${reason})`).join(', ')
}
