import { LRUCache } from 'lru-cache'

export interface RecentEventsLimits {
  readonly eventsMax: number
  readonly ageMsMax: number
}

/**
 * The events accepted lately, by key, each with the hash of its payload: enough to answer most repeats as duplicates and
 * to notice an id with another payload. It may forget at any time; what counts is decided by rating.
 */
export class RecentEvents {
  readonly #hashes: LRUCache<string, string>

  constructor({ eventsMax, ageMsMax }: RecentEventsLimits) {
    this.#hashes = new LRUCache({ max: eventsMax, ttl: ageMsMax, ttlResolution: 1_000 })
  }

  readonly hashOf = (key: string): string | undefined => this.#hashes.get(key)

  /** To be called only once the event is in the log: else a repeat of what was lost would pass for a duplicate. */
  remember(key: string, hash: string): void {
    this.#hashes.set(key, hash)
  }
}
