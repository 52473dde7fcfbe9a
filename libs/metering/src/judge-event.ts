import type { AgentStatus, Rejection } from '@portitor/contracts'
import { type CanonicalEvent, canonicalEvent, hashOf } from './canonical.ts'
import { judgeEnvelope } from './judge-envelope.ts'
import { type EventAttributes, judgeAttributes } from './judge-data.ts'
import { isObject, reject, shown } from './judgement.ts'
import { judgeQuantities } from './judge-quantities.ts'
import { explainUnwritable } from './explain-unwritable.ts'
import { Unwritable } from './json-text.ts'
import type { MeterIndex } from './meter.ts'
import { withProviderUsage } from './provider-usage.ts'

/** The largest event as canonical JSON, without what we stamp (M-10). */
export const eventBytesMax = 65_536

export interface JudgeContext {
  readonly meters: MeterIndex
  /** Now, in milliseconds since 1970. */
  readonly nowMs: number
  /** When the event arrived: stands in for an absent time, and is what "in the future" is measured from where it is later than `nowMs`. */
  readonly receivedMs: number
  /** The workspace of the credential. Absent (operators, the log): the event's `subject` must name it. */
  readonly workspaceId?: string | undefined
}

/** A usage event that can be rated as far as its own content goes; whether its model has a price is another question. */
export interface UsageEvent {
  /** In lower case. */
  readonly workspaceId: string
  readonly source: string
  readonly id: string
  readonly type: string
  /** Milliseconds since 1970; the time of receipt where the event names none. */
  readonly timeMs: number
  readonly attributes: EventAttributes
  /** What ingestion stamped: the agent was not active then (I-6). */
  readonly agentStatus: AgentStatus | undefined
  readonly latencyMs: number | undefined
  /** Quantity in 10⁻⁹ units by meter name. Parts are included in their totals. */
  readonly quantities: ReadonlyMap<string, bigint>
  /** For meters of different values (`unique`), whose quantity is one unit: the event's value by meter name, as text of 1 to 256 characters. */
  readonly values: ReadonlyMap<string, string>
  /** First 16 bytes of SHA-256 of `canonical.said`: equal if and only if the client sent the same event. */
  readonly payloadHash: Buffer
  readonly canonical: CanonicalEvent
  readonly raw: Readonly<Record<string, unknown>>
}

export type Judgement = { readonly accepted: UsageEvent } | { readonly rejected: Rejection }

/**
 * Judges one event by itself (M-6, M-10, M-12): accepted with its quantities, or rejected with a stable code, the field
 * and what is expected there. Whatever is accepted here parses as `usageRecordedSchema`. Never throws.
 */
export function judgeEvent(raw: unknown, context: JudgeContext): Judgement {
  if (!isObject(raw))
    return reject('event.not_object', undefined, `expected an event as JSON object, got ${shown(raw)}`)
  const envelope = judgeEnvelope(raw, context)
  if ('rejected' in envelope) return envelope
  const kind = context.meters.kinds.get(envelope.type)
  if (kind === undefined)
    return reject('meter.unknown', 'type', `no meter counts events of type ${shown(envelope.type)}`)
  const data = withProviderUsage(envelope.data)
  if ('rejected' in data) return data
  const who = judgeAttributes(data.data, kind, envelope.workspaceId)
  if ('rejected' in who) return who
  const what = judgeQuantities(data.data, kind)
  if ('rejected' in what) return what
  if (envelope.type === 'tokens.consumed' && who.attributes['model'] === undefined)
    return reject('model.missing', 'data.model', 'expected the name of the model that consumed the tokens')
  const canonical = write(raw)
  if ('rejected' in canonical) return canonical
  const { workspaceId, source, id, type, timeMs, agentStatus } = envelope
  const { attributes, latencyMs } = who
  const payloadHash = hashOf(canonical)
  const { quantities, values } = what
  const own = { workspaceId, source, id, type, timeMs, attributes, agentStatus, latencyMs }
  return { accepted: { ...own, quantities, values, payloadHash, canonical, raw } }
}

function write(raw: Readonly<Record<string, unknown>>): CanonicalEvent | { rejected: Rejection } {
  try {
    const canonical = canonicalEvent(raw)
    return isTooLarge(canonical)
      ? reject('event.too_large', undefined, `expected an event of at most ${eventBytesMax} bytes`)
      : canonical
  } catch (error) {
    if (error instanceof Unwritable) return explainUnwritable(raw)
    throw error
  }
}

/** A character is at most three bytes of UTF-8 per code unit, so most events need no counting. */
function isTooLarge({ said, aside }: CanonicalEvent): boolean {
  const units = said.length + aside.length
  return units * 3 > eventBytesMax && Buffer.byteLength(said) + Buffer.byteLength(aside) > eventBytesMax
}
