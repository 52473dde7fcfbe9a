/** Some 100 MB at most. Traces in circulation have a few hundred thousand. */
const blocksMaxUsual = 1_000_000

/** The blocks that rows have had so far. Once it holds `blocksMax` the one added first is forgotten for each new one. */
export class SeenBlocks {
  readonly #blocks = new Set<string>()
  readonly #blocksMax: number
  #forgotten = 0

  constructor(blocksMax = blocksMaxUsual) {
    this.#blocksMax = blocksMax
  }

  /** Above zero: less counts as cached than the trace says. */
  get forgotten(): number {
    return this.#forgotten
  }

  has(block: string): boolean {
    return this.#blocks.has(block)
  }

  add(block: string): void {
    if (this.#blocks.has(block)) return
    if (this.#blocks.size >= this.#blocksMax) {
      this.#blocks.delete(this.#blocks.values().next().value!)
      this.#forgotten += 1
    }
    this.#blocks.add(block)
  }
}
