import type { EvaluableModel } from './evaluate.ts'
import type { EventPricing } from './event-pricing.ts'

/** What was consumed, as far as prices look at it. Quantities in 10⁻⁹ units, ≥ 0; parts are included in their totals (M-12). */
export interface Usage {
  readonly provider?: string | undefined
  readonly model?: string | undefined
  readonly quantities: ReadonlyMap<string, bigint>
  readonly attributes: Readonly<Record<string, string | undefined>>
}

/** One charge that an event falls under, and by how much each of its segments moves on. */
export interface ChargeUse {
  /** Side, charge, plan, version and group as one text: with workspace and period it names the counter. The same text for every event of a plan. */
  readonly key: string
  readonly charge: string
  /** The plan or add-on whose version it is; undefined: the book's. */
  readonly plan?: string
  readonly version: number
  /** `provider/model@band` for a row of a matrix, else the meter's name; with `cell` it names the segment within the charge. */
  readonly group: string
  /** The row's names, where a matrix prices the event; not what the event called them. */
  readonly provider?: string
  readonly model?: string
  /** Its tiers hold from its effective time on, also inside of a period. */
  readonly atOnce?: true
  readonly cells: readonly Cell[]
}

/** A charge that prices the event by itself, and how much of its meters the event has (10⁻⁹ units): the number of outcomes. */
export interface EventUse extends Pick<ChargeUse, 'key' | 'charge' | 'plan' | 'version' | 'group' | 'atOnce'> {
  readonly pricing: EventPricing
  readonly quantity: bigint
}

export interface Cell {
  /** The meter priced; a total's cell holds what is left without the parts priced by themselves. */
  readonly cell: string
  readonly model: EvaluableModel
  readonly quantity: bigint
}
