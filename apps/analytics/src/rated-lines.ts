import type { RatedUsage } from '@portitor/contracts'
import { type Block, numberOf } from './cut-block.ts'

const end = Buffer.from('}\n')

/**
 * The blocks as the engine reads them: one JSON line a record, its value as it came. Taking the events apart is left to
 * the engine, which does it outside of this process's one thread; building rows here would take five times as long of it.
 */
export function linesOf(blocks: readonly Block[]): Buffer {
  const parts: Buffer[] = []
  for (const block of blocks) {
    for (const record of block.records) parts.push(prefix(block, record), record.value ?? Buffer.from('null'), end)
  }
  return Buffer.concat(parts)
}

/** The same of events that were looked at one by one. */
export function linesOfEvents(judged: readonly JudgedBlock[]): Buffer {
  const parts: Buffer[] = []
  for (const { block, records } of judged) {
    for (const { record, events } of records) {
      if (events.length > 0) parts.push(prefix(block, record), Buffer.from(JSON.stringify({ events })), end)
    }
  }
  return Buffer.concat(parts)
}

export interface JudgedBlock {
  readonly block: Block
  readonly records: readonly { readonly record: Block['records'][number]; readonly events: readonly RatedUsage[] }[]
}

function prefix(block: Block, record: Block['records'][number]): Buffer {
  const { producer, sequence } = numberOf(record)
  const place = { block: block.id, log_partition: block.partition, producer, sequence: String(sequence) }
  return Buffer.from(`${JSON.stringify(place).slice(0, -1)},"record":`)
}
