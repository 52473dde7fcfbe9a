import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'

const READY_MS_MAX = 180_000
const PROJECT = new URL('../../../', import.meta.url).pathname

/** One service as a process of its own, on a port that stays the same over its deaths. */
export class ServiceProcess {
  readonly name: string
  readonly app: string
  readonly url: string
  readonly #environment: Record<string, string>
  readonly #logFile: string
  #child: ChildProcess | undefined
  starts = 0

  constructor(options: {
    name: string
    app: string
    port: number
    environment: Record<string, string>
    logDir: string
  }) {
    this.name = options.name
    this.app = options.app
    this.url = `http://127.0.0.1:${options.port}`
    this.#environment = { ...options.environment, PORT: String(options.port) }
    this.#logFile = join(options.logDir, `${options.name}.log`)
  }

  start(): void {
    this.starts += 1
    const main = join(PROJECT, 'apps', this.app, 'dist', 'main.js')
    const child = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', main], {
      env: { PATH: process.env['PATH'] ?? '', ...this.#environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const log = createWriteStream(this.#logFile, { flags: 'a' })
    child.stdout.pipe(log, { end: false })
    child.stderr.pipe(log, { end: false })
    this.#child = child
  }

  /** Ends the process at once and resolves when it is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.kill(signal)
    await gone
  }

  /** Sends a signal without waiting: SIGSTOP freezes the process, SIGCONT lets it go on. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** What the service itself says, and the end of its log. */
  async #whyNot(response: Response | undefined): Promise<string> {
    const said = response === undefined ? 'no answer' : await response.text()
    const log = readFileSync(this.#logFile, 'utf8').trimEnd().split('\n').slice(-5).join('\n')
    return `${said}\n${log.slice(-3_000)}`
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  async ready(): Promise<void> {
    const deadline = Date.now() + READY_MS_MAX
    for (;;) {
      // A start that met a dead database gives up and is started again, as an orchestrator would.
      if (!this.running) this.start()
      const response = await fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(2_000) }).catch(
        () => undefined,
      )
      if (response?.status === 200) return
      if (Date.now() > deadline)
        throw new Error(`${this.name} is not ready after ${READY_MS_MAX} ms: ${await this.#whyNot(response)}`)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}
