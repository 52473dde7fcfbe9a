import type { Bus } from '@portitor/bus'
import { type AuditRecorded, auditRecordedTopic } from '@portitor/contracts'
import { type RefusedScope, RefusedScopes } from '@portitor/identity'
import { v7 as uuidv7 } from 'uuid'
import type { Log } from './log.ts'

const intervalMs = 60_000
/** A service that ends waits no longer for the log: then the counts of the last minute are lost. */
const lastFlushMsMax = 3_000

/** Tells the audit log of refused scopes (C-1): once a minute, at most one entry a credential and workspace, with the count. */
export class RefusedScopesJob {
  readonly #counts = new RefusedScopes()
  #untold: AuditRecorded[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(
    readonly service: string,
    readonly bus: Pick<Bus, 'append'>,
    readonly log: Log,
  ) {}

  start(): void {
    this.#timer = setInterval(() => void this.flush(), intervalMs)
  }

  refused(refused: RefusedScope): void {
    this.#counts.add(refused)
  }

  /** What the log did not confirm is told again under the same ids, which count once; until then no more is taken. */
  async flush(): Promise<void> {
    if (this.#untold.length === 0) this.#untold = this.#counts.take(this.service, new Date(), () => uuidv7())
    if (this.#untold.length === 0) return
    const topic = auditRecordedTopic
    const told = this.#untold.map((entry) => ({ topic, key: entry.workspace_id, value: JSON.stringify(entry) }))
    try {
      await this.bus.append(told)
      this.#untold = []
    } catch (err) {
      this.log.error({ err }, 'refused scopes could not be told to the audit log')
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, lastFlushMsMax)))
    await Promise.race([this.flush(), late])
    clearTimeout(timer)
  }
}
