import type { Position } from '@portitor/bus'

export interface PostedPosition {
  readonly partition: number
  /** Of the last record of usage.rated that is posted; null before the first. */
  readonly sequence: bigint | null
}

/** How far each partition of usage.rated is posted. Its records have one producer, whose numbering is the cut (L-11). */
export function postedPositions(positions: readonly Position[], partitions: number): PostedPosition[] {
  const known = new Map(positions.map((position) => [position.partition, Object.values(position.sequences)]))
  return Array.from({ length: partitions }, (_, partition) => {
    const sequences = known.get(partition) ?? []
    const sequence = sequences.reduce<bigint | null>((last, next) => (last === null || next > last ? next : last), null)
    return { partition, sequence }
  })
}

/** As other services take it: `0:12,1:40`; partitions from which nothing is posted are left out. */
export function toCut(positions: readonly PostedPosition[]): string {
  return positions
    .flatMap(({ partition, sequence }) => (sequence === null ? [] : [`${partition}:${sequence}`]))
    .join(',')
}
