import type { TotalsCut } from './totals.store.ts'

/** A cut as its text has it: `0:123,1:456`. */
export function readCut(text: string): TotalsCut {
  const cut = new Map<number, bigint>()
  for (const part of text === '' ? [] : text.split(',')) {
    const [partition = '', sequence = ''] = part.split(':')
    cut.set(Number(partition), BigInt(sequence))
  }
  return cut
}

export function isReached(stored: TotalsCut, cut: TotalsCut): boolean {
  return [...cut].every(([partition, sequence]) => (stored.get(partition) ?? -1n) >= sequence)
}
