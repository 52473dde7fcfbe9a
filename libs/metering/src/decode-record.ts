import type { Rejection } from '@portitor/contracts'
import { refuse, shown } from './judgement.ts'
import { batchType, isJsonType, isUtf8Charset, parseMediaType, structuredType } from './media-type.ts'
import { parseJsonExactly } from './parse-json.ts'

/** The events one record or request may hold (M-10). */
export const batchEventsMax = 1_000

/** What is needed of a log record; libs/bus has the whole. */
export interface EncodedRecord {
  readonly headers: Readonly<Record<string, string>>
  readonly value: Uint8Array | null
}

export type Decoded = { readonly events: readonly unknown[] } | { readonly refused: Rejection }

/**
 * The raw events of a record of `usage.recorded.v1`, in order, by the CloudEvents binding for Kafka: binary (`ce_*`
 * headers, the value is the data), structured, or a JSON batch of any workspaces. Without a `content-type` the JSON
 * decides. Each event is then judged by itself; only what cannot be read at all is refused as a whole. Never throws.
 */
export function decodeRecord({ headers, value }: EncodedRecord): Decoded {
  if (value === null) return refuse('record.empty', undefined, 'expected a record with a value')
  const header = headers['content-type']
  const media = header === undefined ? undefined : parseMediaType(header)
  if (media !== undefined && !isUtf8Charset(media.charset))
    return refuse('content_type.unsupported', 'content-type', `expected UTF-8, got ${shown(media.charset)}`)
  if (headers['ce_specversion'] !== undefined) return decodeBinary(headers, value, media?.type)
  if (media !== undefined && media.type !== batchType && !isJsonType(media.type))
    return refuse('content_type.unsupported', 'content-type', `expected ${structuredType} or ${batchType}`)
  const parsed = parseJsonExactly(value)
  if ('refused' in parsed) return parsed
  const isBatch = Array.isArray(parsed.value)
  if (media?.type === batchType && !isBatch) return refuse('batch.malformed', undefined, 'expected a list of events')
  if (media?.type === structuredType && isBatch)
    return refuse('event.not_object', undefined, `expected one event; a list is sent as ${batchType}`)
  return isBatch ? asBatch(parsed.value as unknown[]) : { events: [parsed.value] }
}

/** A list of events within its bounds. */
export function asBatch(events: readonly unknown[]): Decoded {
  if (events.length === 0) return refuse('batch.empty', undefined, 'expected at least one event')
  if (events.length > batchEventsMax)
    return refuse('batch.too_large', undefined, `expected at most ${batchEventsMax} events, got ${events.length}`)
  return { events }
}

function decodeBinary(headers: Readonly<Record<string, string>>, value: Uint8Array, type: string | undefined): Decoded {
  if (type !== undefined && !isJsonType(type))
    return refuse('content_type.unsupported', 'content-type', 'expected data as application/json')
  const attributes = Object.entries(headers).flatMap(([name, text]) =>
    name.startsWith('ce_') ? [[name.slice(3), text] as const] : [],
  )
  return fromBinary(attributes, value, headers['content-type'])
}

/** One event from attributes that came as headers and data that came as body. */
export function fromBinary(
  attributes: readonly (readonly [string, string])[],
  body: Uint8Array,
  contentType: string | undefined,
): Decoded {
  const data = body.byteLength === 0 ? { value: undefined } : parseJsonExactly(body)
  if ('refused' in data) return data
  // The data and its type have places of their own; a header of the same name must not stand in for them.
  const own = attributes.filter(([name]) => name !== 'data' && name !== 'data_base64' && name !== 'datacontenttype')
  const event = { ...Object.fromEntries(own), data: data.value }
  return { events: [contentType === undefined ? event : { ...event, datacontenttype: contentType }] }
}
