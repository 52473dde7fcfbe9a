import { catalogChangedSchema, type Meter } from '@portitor/contracts'
import { indexMeters, type MeterIndex } from './meter.ts'

/** The meters as `portitor.catalog.changed.v1` tells them, record by record: as many as rating lets be created, which bounds them. */
export class MeterCatalog {
  readonly #meters = new Map<string, Meter>()
  #index: MeterIndex | undefined

  get isEmpty(): boolean {
    return this.#meters.size === 0
  }

  get index(): MeterIndex {
    return (this.#index ??= indexMeters([...this.#meters.values()]))
  }

  /**
   * Takes the next record of the topic by its key and text; null removes. What is about no meter is passed over. Throws where
   * nobody can read it: the meter stays as it was, since such a record must not stop what is known to be right.
   */
  apply(key: string | null, text: string | null): void {
    if (key === null || !key.startsWith('meter:')) return
    const changed = text === null ? undefined : catalogChangedSchema.parse(JSON.parse(text))
    if (changed === undefined) this.#meters.delete(key)
    else if (changed.kind === 'meter') this.#meters.set(key, changed.meter)
    this.#index = undefined
  }
}
