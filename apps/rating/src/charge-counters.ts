import type { BookSide } from '@portitor/contracts'
import type { ChargeUse } from '@portitor/pricing'

/** What a cell of a segment has come to: cumulative quantity in 10⁻⁹ units, and F of it in nanos. */
interface CellState {
  readonly quantity: bigint
  readonly amount: bigint
}

export interface Segment {
  readonly workspaceId: string
  readonly side: BookSide
  readonly charge: string
  readonly version: number
  readonly period: string
  readonly segment: string
  cells: Map<string, CellState>
  changed: boolean
}

/** The segment a use of an event belongs to. */
export interface SegmentPlace {
  readonly workspaceId: string
  readonly period: string
  readonly side: BookSide
  readonly use: ChargeUse
}

/**
 * Counters of the segments that a batch touches. Looked up twice for every use of every event, so by three texts that
 * exist already rather than by one that would have to be put together.
 */
export class ChargeCounters {
  readonly #segments = new Map<string, Map<string, Map<string, Segment>>>()
  readonly #all: Segment[] = []

  /** Every segment, in the order of asking. */
  get all(): readonly Segment[] {
    return this.#all
  }

  /** The segment of a use; a new one has no cells. */
  of({ workspaceId, period, side, use }: SegmentPlace): Segment {
    let periods = this.#segments.get(workspaceId)
    if (periods === undefined) this.#segments.set(workspaceId, (periods = new Map<string, Map<string, Segment>>()))
    let segments = periods.get(period)
    if (segments === undefined) periods.set(period, (segments = new Map<string, Segment>()))
    let segment = segments.get(use.key)
    if (segment === undefined) {
      const { charge, version, group } = use
      segment = { workspaceId, side, charge, version, period, segment: group, cells: new Map(), changed: false }
      segments.set(use.key, segment)
      this.#all.push(segment)
    }
    return segment
  }
}
