import type { BookSide } from '@portitor/contracts'

/** What a cell of a segment has come to: cumulative quantity in 10⁻⁹ units, and F of it in nanos. */
export interface CellState {
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
  readonly cells: Map<string, CellState>
  changed: boolean
}

/** Counters of the segments that a batch touches, by segment key. */
export type ChargeCounters = Map<string, Segment>

export function segmentKey(
  workspaceId: string,
  side: BookSide,
  charge: string,
  version: number,
  period: string,
  segment: string,
): string {
  return `${workspaceId}|${side}|${charge}|${version}|${period}|${segment}`
}
