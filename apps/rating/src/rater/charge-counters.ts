import { hash } from 'node:crypto'
import type { BookSide } from '@portitor/contracts'
import type { OrderedEvents, PricedEvent } from '@portitor/pricing'

/**
 * What a cell of a segment has come to: cumulative quantity in 10⁻⁹ units, and F of it in nanos. `more` is what its next step
 * needs besides: the exact sum of prices by event, how many events are kept, or the event that is the latest. Most cells need
 * nothing.
 */
export interface CellState {
  readonly quantity: bigint
  readonly amount: bigint
  readonly more: readonly string[]
}
export const freshCell: CellState = { quantity: 0n, amount: 0n, more: [] }

/** An event that its segment has to keep. */
export interface KeptEvent {
  readonly source: string
  readonly id: string
  /** What a meter counts the different values of. */
  readonly value?: string | undefined
  readonly priced: PricedEvent
}

export interface Segment extends SegmentName {
  cells: Map<string, CellState>
  /** Loaded where the segment keeps its events and the batch has to see all of them. By `keyOfEvent`. */
  events: Map<string, KeptEvent> | undefined
  /** The same where their order decides, ready for one to come or go. */
  ordered: OrderedEvents | undefined
  /** Values that events before the batch had, of those that the batch asks about. */
  values: Set<string> | undefined
  readonly kept: KeptEvent[]
  readonly gone: KeptEvent[]
  changed: boolean
}

/** All that names a segment. `plan` is '' where the charge is a book's. */
export interface SegmentName {
  readonly workspaceId: string
  readonly side: BookSide
  readonly charge: string
  readonly plan: string
  readonly version: number
  readonly period: string
  readonly segment: string
}

/** The segment a use of an event belongs to. */
export interface SegmentPlace {
  readonly workspaceId: string
  readonly period: string
  readonly side: BookSide
  readonly use: {
    readonly key: string
    readonly charge: string
    readonly plan?: string
    readonly version: number
    readonly group: string
  }
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
      const { charge, plan = '', version, group } = use
      segments.set(
        use.key,
        (segment = freshSegment({ workspaceId, side, charge, plan, version, period, segment: group })),
      )
      this.#all.push(segment)
    }
    return segment
  }
}

/** Names the segment's kept events: 128 bits of a hash of all that names the segment. */
export function segmentId({ workspaceId, side, charge, plan, version, period, segment }: SegmentName): string {
  return hash('sha256', JSON.stringify([workspaceId, side, charge, plan, version, period, segment]), 'hex').slice(0, 32)
}

/** One text for source and id. */
export function keyOfEvent({ source, id }: { readonly source: string; readonly id: string }): string {
  return JSON.stringify([source, id])
}

function freshSegment(name: SegmentName): Segment {
  const loaded = { events: undefined, ordered: undefined, values: undefined }
  return { ...name, ...loaded, cells: new Map(), kept: [], gone: [], changed: false }
}
