import { rmSync } from 'node:fs'
import type { Engine, Place } from './engine.ts'
import { onInterrupt } from './on-interrupt.ts'
import { newScratch } from './scratch.ts'

/** Owns what a stack started: whatever has a process or a folder is registered here at once and ended by `end`. */
export class Life {
  private readonly owned: Engine[] = []
  private readonly scratches: string[] = []
  private readonly ending = new AbortController()
  private readonly log: (line: string) => void
  private readonly unhook: () => void
  private starting: Promise<unknown> = Promise.resolve()

  constructor(log: (line: string) => void) {
    this.log = log
    this.unhook = onInterrupt(
      () => this.end(),
      () => this.owned.forEach((engine) => engine.abandon()),
    )
  }

  get place(): Omit<Place, 'dir'> {
    return {
      log: this.log,
      scratch: () => this.scratch(),
      own: (engine) => void this.owned.push(engine),
      signal: this.ending.signal,
    }
  }

  scratch(): string {
    const folder = newScratch()
    this.scratches.push(folder)
    return folder
  }

  /** Resolves when all have started; when one fails, ends the others first and rejects with its reason. */
  async untilStarted(starts: Promise<Engine>[]): Promise<Engine[]> {
    this.starting = Promise.allSettled(starts)
    try {
      return await Promise.all(starts)
    } catch (error) {
      await this.end()
      throw error
    }
  }

  async end(): Promise<void> {
    this.ending.abort(new Error('stopped before all engines had started'))
    await Promise.all(this.owned.map((engine) => engine.stop()))
    await this.starting
    for (const folder of this.scratches) rmSync(folder, { recursive: true, force: true })
    this.unhook()
  }
}
