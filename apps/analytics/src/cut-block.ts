import { acceptSequence, type LogRecord, PRODUCER_HEADER, SEQUENCE_HEADER, type Sequences } from '@portitor/bus'

/** Records of one partition that are inserted together, between two offsets that are written down before. */
export interface Block {
  readonly id: string
  readonly topic: string
  readonly partition: number
  /** The position the block starts from: the offset that was asked for, not the first record's. */
  readonly firstOffset: bigint
  readonly lastOffset: bigint
  /** What the border holds and no relay has sent before, in order. */
  readonly records: readonly LogRecord[]
  /** The producers' numbers after it. */
  readonly sequences: Sequences
}

export interface Cut {
  readonly records: readonly LogRecord[]
  readonly sequences: Sequences
  readonly nextOffset: bigint
  /** A producer's numbering has a gap at `nextOffset`: something was lost, and nobody may read on. */
  readonly gap: boolean
}

/** What a stretch of a partition holds that is new: a function of the records and of the numbers before them alone, so a repeat cuts the same. */
export function cutRecords(stretch: { records: readonly LogRecord[]; lastOffset: bigint }, before: Sequences): Cut {
  const sequences = { ...before }
  const records: LogRecord[] = []
  for (const record of stretch.records) {
    const verdict = acceptSequence(sequences, record)
    if (verdict === 'gap') return { records, sequences, nextOffset: record.offset, gap: true }
    if (verdict === 'take') records.push(record)
  }
  return { records, sequences, nextOffset: stretch.lastOffset + 1n, gap: false }
}

/** Who wrote a record and as which number; one without a number counts by its offset. */
export function numberOf(record: LogRecord): { producer: string; sequence: bigint } {
  const producer = record.headers[PRODUCER_HEADER]
  const sequence = record.headers[SEQUENCE_HEADER]
  if (producer === undefined || sequence === undefined || !/^\d{1,18}$/.test(sequence))
    return { producer: '', sequence: record.offset }
  return { producer, sequence: BigInt(sequence) }
}

/** The deduplication token: the same for a repeat of the block, and for nothing else, even in a log that begins anew. */
export function tokenOf(block: Block): string {
  return `${block.topic}:${block.partition}:${block.firstOffset}-${block.lastOffset}:${block.id}`
}
