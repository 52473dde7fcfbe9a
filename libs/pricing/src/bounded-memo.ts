/**
 * Remembers answers for keys that customers choose, in bounded memory. Two generations: when the younger is full it becomes
 * the older one and what was not asked for meanwhile is forgotten, so names in use stay and a flood of names passes through.
 */
export class BoundedMemo<Value> {
  #recent = new Map<string, Value>()
  #previous = new Map<string, Value>()
  readonly #entriesPerGenerationMax: number

  constructor(entriesMax: number) {
    this.#entriesPerGenerationMax = Math.max(1, entriesMax >> 1)
  }

  get size(): number {
    return this.#recent.size + this.#previous.size
  }

  get(key: string): Value | undefined {
    const recent = this.#recent.get(key)
    if (recent !== undefined) return recent
    const previous = this.#previous.get(key)
    if (previous !== undefined) this.set(key, previous)
    return previous
  }

  set(key: string, value: Value): void {
    if (this.#recent.size >= this.#entriesPerGenerationMax) {
      this.#previous = this.#recent
      this.#recent = new Map()
    }
    this.#recent.set(key, value)
  }
}
