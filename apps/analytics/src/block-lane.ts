import type { Block } from './cut-block.ts'

export interface LaneLimits {
  /** How long the first block waits for company. */
  readonly waitMsMax: number
  /** Blocks go at once when together they hold this much. One block may hold more. */
  readonly bytesMax: number
}

interface Waiting {
  readonly block: Block
  resolve(): void
  reject(error: unknown): void
}

/**
 * Gathers blocks of several partitions into one insert: what is ready within `waitMsMax`, or while the insert before is
 * under way. An insert costs tens of milliseconds however little is in it, so a trickle in twelve partitions would keep a
 * core busy if each went alone. A partition has at most one block here, which bounds what waits.
 */
export class BlockLane {
  #waiting: Waiting[] = []
  #bytes = 0
  #timer: NodeJS.Timeout | undefined
  #writing = false
  #due = false

  constructor(
    readonly write: (blocks: readonly Block[]) => Promise<void>,
    readonly limits: LaneLimits,
  ) {}

  /** Resolves when the block is written, with whatever else went along. */
  add(block: Block): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ block, resolve, reject })
      this.#bytes += block.records.reduce((sum, record) => sum + (record.value?.length ?? 0), 0)
      if (this.#bytes >= this.limits.bytesMax) this.#flush()
      else this.#timer ??= setTimeout(() => this.#flush(), this.limits.waitMsMax)
    })
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    // One insert in flight: what has become due meanwhile goes right after it.
    this.#due = this.#writing
    if (this.#writing || this.#waiting.length === 0) return
    const going = this.#waiting
    this.#waiting = []
    this.#bytes = 0
    this.#writing = true
    const end = (settle: (waiting: Waiting) => void) => {
      this.#writing = false
      going.forEach(settle)
      if (this.#due) this.#flush()
    }
    this.write(going.map(({ block }) => block)).then(
      () => end(({ resolve }) => resolve()),
      (error: unknown) => end(({ reject }) => reject(error)),
    )
  }
}
