import type { Bus, Follower, LogRecord } from '@portitor/bus'
import {
  HEARTBEAT_AGE_MS_MAX,
  type IdentityChanged,
  identityChangedSchema,
  identityChangedTopic,
  identityKey,
} from '@portitor/contracts'
import { IdentityView } from './identity-view.ts'

export interface FollowerOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Told of a record that cannot be read. */
  readonly failed: (error: unknown, record: LogRecord) => void
}

/**
 * Reads all of `identity.changed` (I-3): tells each changed key to whoever remembers something by it, and knows by the
 * heartbeats how far behind it may be.
 */
export class IdentityFollower {
  readonly view = new IdentityView()
  readonly #listeners: ((key: string) => void)[] = []
  /** Of each partition the last offset: a reader that begins anew must not bring back what was. */
  readonly #offsets = new Map<number, bigint>()
  #follower: Follower | undefined
  #changes = 0
  #heartbeat: { readonly saidMs: number; readonly heardMs: number } | undefined

  constructor(readonly options: FollowerOptions) {}

  async start(bus: Pick<Bus, 'follow'>, name: string): Promise<void> {
    this.#follower = await bus.follow(identityChangedTopic, name, (record) => this.apply(record))
  }

  async close(): Promise<void> {
    await this.#follower?.close()
  }

  onChange(listener: (key: string) => void): void {
    this.#listeners.push(listener)
  }

  /** How many changes there were: an answer that was asked for at another count may be out of date already. */
  get changes(): number {
    return this.#changes
  }

  /** Whether everything that had happened a second ago has been heard of. */
  get isFresh(): boolean {
    return this.heartbeatAgeMs <= HEARTBEAT_AGE_MS_MAX
  }

  /**
   * The age of the last heartbeat by its own time or by when it was heard, whichever says older. One from the future says
   * that the clocks differ by so much, and then a delay of the topic could hide behind that: it counts as old.
   */
  get heartbeatAgeMs(): number {
    if (this.#heartbeat === undefined) return Infinity
    const { saidMs, heardMs } = this.#heartbeat
    const nowMs = this.options.now()
    return Math.max(Math.abs(nowMs - saidMs), nowMs - heardMs)
  }

  apply(record: LogRecord): void {
    const { partition, offset, key } = record
    if (offset <= (this.#offsets.get(partition) ?? -1n)) return
    this.#offsets.set(partition, offset)
    const changed = this.#decode(record)
    if (changed?.kind === 'heartbeat') {
      this.#heartbeat = { saidMs: Date.parse(changed.at), heardMs: this.options.now() }
      return
    }
    this.#changes += 1
    if (changed !== undefined) this.view.apply(changed)
    const about = changed === undefined ? key : identityKey(changed)
    if (about !== null) for (const listener of this.#listeners) listener(about)
  }

  /** Undefined: nobody can read it, or the thing is gone. What depended on its key is forgotten all the same. */
  #decode(record: LogRecord): IdentityChanged | undefined {
    if (record.value === null) return undefined
    try {
      return identityChangedSchema.parse(JSON.parse(record.value.toString()))
    } catch (error) {
      this.options.failed(error, record)
      return undefined
    }
  }
}
