/** Wakes waiting loops. A wake between looking and waiting is not missed: the waiter says which version it has seen. */
export class Signal {
  #version = 0
  #waiting: (() => void)[] = []

  get version(): number {
    return this.#version
  }

  wake(): void {
    this.#version += 1
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Resolves at the first wake after `seen`, or after `timeoutMs`. */
  async waitAfter(seen: number, timeoutMs: number): Promise<void> {
    if (this.#version !== seen) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs)
      this.#waiting.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
    // A waiter that timed out stays listed until the next wake; the list is bounded by the wakes of a busy log.
    if (this.#waiting.length > 1_000) this.#waiting.splice(0, 500).forEach((resolve) => resolve())
  }
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
