import type { Bus } from '@portitor/bus'
import { type EncodedEvent, packRecords } from './pack-records.ts'

export interface GroupAppendLimits {
  /** Events and bytes that wait or are on their way; what comes beyond is turned away. */
  readonly eventsQueuedMax: number
  readonly bytesQueuedMax: number
  /** What goes to the log in one append. */
  readonly eventsPerAppendMax: number
  readonly bytesPerAppendMax: number
  readonly appendsAtOnceMax: number
  /** How long a request waits for the log, in the queue and after. */
  readonly waitMsMax: number
}

const groupAppendLimits: GroupAppendLimits = {
  eventsQueuedMax: 50_000,
  bytesQueuedMax: 64 * 1024 * 1024,
  eventsPerAppendMax: 10_000,
  bytesPerAppendMax: 8 * 1024 * 1024,
  appendsAtOnceMax: 1,
  waitMsMax: 15_000,
}

/** More is waiting for the log than may wait. Nothing of the request was taken. */
export class LogBusy extends Error {}
/** The log did not confirm in time. The events may have arrived or not. */
export class LogSlow extends Error {}

interface Waiting {
  readonly events: readonly EncodedEvent[]
  readonly bytes: number
  readonly settled: PromiseWithResolvers<void>
  readonly timer: NodeJS.Timeout
}

/**
 * Turns what arrives together into one append: while one append is on its way the next group gathers, so the log's latency
 * bounds the rate of appends and not that of requests. Requests keep their order; each is in one append as a whole.
 */
export class GroupAppend {
  readonly #queue: Waiting[] = []
  readonly #idle: (() => void)[] = []
  #events = 0
  #bytes = 0
  #appends = 0

  constructor(
    readonly bus: Pick<Bus, 'append' | 'partitionOf'>,
    readonly limits: GroupAppendLimits = groupAppendLimits,
  ) {}

  /** What waits or is on its way. */
  get load(): { readonly events: number; readonly bytes: number } {
    return { events: this.#events, bytes: this.#bytes }
  }

  /** Resolves when all events are durably in the log. Rejects with LogBusy (nothing taken), LogSlow, or what the log said. */
  async append(events: readonly EncodedEvent[]): Promise<void> {
    if (events.length === 0) return
    const bytes = events.reduce((sum, event) => sum + event.bytes, 0)
    const { eventsQueuedMax, bytesQueuedMax, waitMsMax } = this.limits
    if (this.#events + events.length > eventsQueuedMax || this.#bytes + bytes > bytesQueuedMax)
      throw new LogBusy(`${this.#events} events (${this.#bytes} bytes) are waiting for the log`)
    const settled = Promise.withResolvers<void>()
    const timer = setTimeout(() => this.#giveUp(waiting), waitMsMax)
    const waiting: Waiting = { events, bytes, settled, timer }
    this.#events += events.length
    this.#bytes += bytes
    this.#queue.push(waiting)
    // Requests that are read in the same turn of the event loop go together even when the log is idle.
    setImmediate(() => this.#flush())
    return settled.promise
  }

  /** Resolves when nothing waits and nothing is on its way. */
  async drain(): Promise<void> {
    if (this.#events > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  #flush(): void {
    while (this.#queue.length > 0 && this.#appends < this.limits.appendsAtOnceMax) void this.#send(this.#nextGroup())
  }

  #nextGroup(): Waiting[] {
    const { eventsPerAppendMax, bytesPerAppendMax } = this.limits
    let events = 0
    let bytes = 0
    let count = 0
    for (const waiting of this.#queue) {
      events += waiting.events.length
      bytes += waiting.bytes
      if (count > 0 && (events > eventsPerAppendMax || bytes > bytesPerAppendMax)) break
      count += 1
    }
    return this.#queue.splice(0, count)
  }

  async #send(group: readonly Waiting[]): Promise<void> {
    this.#appends += 1
    try {
      const events = group.flatMap((waiting) => waiting.events)
      await this.bus.append(packRecords(events, (workspaceId) => this.bus.partitionOf(workspaceId)))
      for (const waiting of group) waiting.settled.resolve()
    } catch (error) {
      for (const waiting of group) waiting.settled.reject(error)
    } finally {
      this.#appends -= 1
      for (const waiting of group) this.#release(waiting)
      this.#flush()
    }
  }

  /** A request that has waited too long is told so; if it is still queued it need not be sent any more. */
  #giveUp(waiting: Waiting): void {
    waiting.settled.reject(new LogSlow(`the log did not confirm within ${this.limits.waitMsMax} ms`))
    const place = this.#queue.indexOf(waiting)
    if (place < 0) return
    this.#queue.splice(place, 1)
    this.#release(waiting)
  }

  #release(waiting: Waiting): void {
    clearTimeout(waiting.timer)
    this.#events -= waiting.events.length
    this.#bytes -= waiting.bytes
    if (this.#events === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }
}
