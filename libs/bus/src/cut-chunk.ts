import type { LogRecord } from './bus.ts'
import { acceptSequence, type Sequences } from './sequences.ts'

/** What is committed together: the items of some records of one partition, in order. */
export interface Chunk<Item> {
  readonly entries: readonly { readonly record: LogRecord; readonly item: Item }[]
  /** Records that no item could be read from. */
  readonly undecodable: readonly { readonly record: LogRecord; readonly item: undefined; readonly error: Error }[]
  /** The offset to read on from once this is committed. */
  readonly next: bigint
  readonly sequences: Sequences
  /** The record at `next` does not follow on what its producer sent before: something was lost. */
  readonly gap: boolean
}

/** Takes records until the chunk is full, the records end, or a gap in a producer's numbering forbids going on. A relay's resends are left out. */
export function cutChunk<Item>(
  records: readonly LogRecord[],
  options: { before: Sequences; lastOffset: bigint; itemsMax: number; decode: (record: LogRecord) => Item[] },
): Chunk<Item> {
  const sequences = { ...options.before }
  const entries: { record: LogRecord; item: Item }[] = []
  const undecodable: { record: LogRecord; item: undefined; error: Error }[] = []
  const chunk = (next: bigint, gap = false): Chunk<Item> => ({ entries, undecodable, next, sequences, gap })
  for (const record of records) {
    if (entries.length >= options.itemsMax) return chunk(record.offset)
    const verdict = acceptSequence(sequences, record)
    if (verdict === 'gap') return chunk(record.offset, true)
    if (verdict === 'drop') continue
    try {
      for (const item of options.decode(record)) entries.push({ record, item })
    } catch (error) {
      undecodable.push({ record, item: undefined, error: error as Error })
    }
  }
  return chunk(options.lastOffset + 1n)
}
