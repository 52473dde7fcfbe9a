import type { LogRecord } from './bus.ts'
import { PRODUCER_HEADER, SEQUENCE_HEADER } from './log-tables.ts'

/** The last sequence taken of each producer in one partition. */
export type Sequences = Record<string, bigint>

/**
 * Judges a record by its producer's numbering: last+1 is taken (and remembered in `sequences`), what came before is a
 * relay's resend and dropped, the first one seen is the baseline, and a gap after it means that something was lost.
 * Records of foreign producers carry no number and are always taken; their repeats are caught by the event's id.
 */
export function acceptSequence(sequences: Sequences, record: LogRecord): 'take' | 'drop' | 'gap' {
  const producer = record.headers[PRODUCER_HEADER]
  const text = record.headers[SEQUENCE_HEADER]
  if (producer === undefined || text === undefined || !/^\d{1,18}$/.test(text)) return 'take'
  const sequence = BigInt(text)
  const last = sequences[producer]
  if (last !== undefined && sequence <= last) return 'drop'
  if (last !== undefined && sequence > last + 1n) return 'gap'
  sequences[producer] = sequence
  return 'take'
}
