import type { LogRecord } from '@portitor/bus'
import { type RatedUsage, ratedUsageSchema, type Rejection } from '@portitor/contracts'
import { z } from 'zod'
import type { Block } from './cut-block.ts'
import type { JudgedBlock } from './rated-lines.ts'

/** An event (or, where it holds none, a record) that cannot be stored, and why. */
export interface RefusedUsage {
  readonly record: LogRecord
  readonly index: number
  /** The event as it was; undefined where the record could not be read. */
  readonly event: unknown
  readonly reason: Rejection
}

const recordSchema = z.object({ events: z.array(z.unknown()).min(1) })
const amountMax = 2n ** 63n - 1n
const zeroWorkspace = '00000000-0000-0000-0000-000000000000'
const timeMsMin = Date.UTC(2000, 0, 1)
const timeMsMax = Date.UTC(2299, 0, 1)

/**
 * Looks at every event of a block: done only where the engine has refused the block, or to know what an interrupted one
 * must hold, because it takes this process as long as all the rest.
 */
export function judgeBlock(block: Block): { judged: JudgedBlock; refused: RefusedUsage[] } {
  const refused: RefusedUsage[] = []
  const records = block.records.map((record) => ({ record, events: judgeRecord(record, refused) }))
  return { judged: { block, records }, refused }
}

function judgeRecord(record: LogRecord, refused: RefusedUsage[]): RatedUsage[] {
  const events = eventsOf(record)
  if (events === undefined) {
    const reason = { code: 'rated.malformed', detail: 'the record is no JSON object with a list of rated events' }
    refused.push({ record, index: 0, event: undefined, reason })
    return []
  }
  return events.flatMap((event, index) => {
    const outcome = judgeEvent(event)
    if ('usage' in outcome) return [outcome.usage]
    refused.push({ record, index, event, reason: outcome.reason })
    return []
  })
}

function eventsOf(record: LogRecord): unknown[] | undefined {
  try {
    return recordSchema.parse(JSON.parse(record.value?.toString() ?? '')).events
  } catch {
    return undefined
  }
}

function judgeEvent(event: unknown): { usage: RatedUsage } | { reason: Rejection } {
  const result = ratedUsageSchema.safeParse(event)
  if (!result.success) {
    const [issue] = result.error.issues
    return refusal(issue?.path.join('.') ?? '', issue?.message ?? 'not a rated event')
  }
  const usage = result.data
  if (usage.workspace_id === zeroWorkspace) return refusal('workspace_id', 'expected a workspace')
  for (const field of ['id', 'source'] as const) if (usage[field] === '') return refusal(field, 'expected a text')
  const timeMs = Date.parse(usage.time)
  if (!(timeMs >= timeMsMin && timeMs < timeMsMax)) return refusal('time', 'expected a time between 2000 and 2299')
  for (const field of ['price_nanos', 'cost_nanos'] as const) {
    const amount = BigInt(usage[field])
    if (amount > amountMax || amount < -amountMax - 1n) return refusal(field, 'expected an amount of at most 64 bits')
  }
  return { usage: { ...usage, time: new Date(timeMs).toISOString() } }
}

function refusal(field: string, detail: string): { reason: Rejection } {
  return { reason: { code: 'rated.invalid', ...(field === '' ? {} : { field }), detail } }
}
