import type { Rejection } from '@portitor/contracts'
import {
  asBatch,
  batchType,
  type Decoded,
  fromBinary,
  fromPlain,
  isJsonType,
  isObject,
  isPlain,
  isUtf8Charset,
  type MeterIndex,
  parseJsonExactly,
  parseMediaType,
  structuredType,
  withoutStamps,
} from '@portitor/metering'
import { binaryAttributes } from './binary-attributes.ts'

/** What is needed of a request. */
export interface EventsRequest {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
}

/** One event of a request, not yet judged: a CloudEvent, or why the plain form could not become one. */
export interface ReceivedEvent {
  readonly raw: unknown
  readonly rejected?: Rejection
  /** What the sender called a field of the CloudEvent, where that was something else. */
  readonly nameOf?: (field: string) => string
}

export type DecodedRequest =
  { readonly events: readonly ReceivedEvent[] } | { readonly refused: Rejection; readonly status: 400 | 413 | 415 }

/**
 * M-1: the events of a request, in order, whichever way they were sent: structured, batched, binary (`ce-*` headers) or
 * plain JSON, one or a list. `newId` gives the id of a plain event that has no idempotency key.
 */
export function decodeEvents(request: EventsRequest, meters: MeterIndex, newId: () => string): DecodedRequest {
  const decoded = readEvents(request)
  if ('refused' in decoded) return refusedAs(decoded.refused)
  return { events: decoded.events.map((raw) => receive(raw, meters, newId)) }
}

function readEvents({ headers, body }: EventsRequest): Decoded {
  const contentType = headers['content-type']
  const media = parseMediaType(contentType ?? '')
  if (!isUtf8Charset(media.charset)) return unsupported('expected JSON in UTF-8')
  const isBinary = headers['ce-specversion'] !== undefined || headers['ce-id'] !== undefined
  if (isBinary && isJsonType(media.type) && media.type !== batchType && media.type !== structuredType) {
    const attributes = binaryAttributes(headers)
    return 'refused' in attributes ? attributes : fromBinary(attributes.attributes, body, contentType)
  }
  const isBatch = media.type === batchType
  if (!isBatch && media.type !== structuredType && media.type !== 'application/json')
    return unsupported(`expected ${structuredType}, ${batchType} or application/json`)
  const parsed = parseJsonExactly(body)
  if ('refused' in parsed) return parsed
  if (isBatch && !Array.isArray(parsed.value))
    return { refused: { code: 'batch.malformed', detail: 'expected a list of events' } }
  if (!Array.isArray(parsed.value)) return { events: [parsed.value] }
  return media.type === structuredType
    ? { refused: { code: 'event.not_object', detail: `expected one event; a list is sent as ${batchType}` } }
    : asBatch(parsed.value)
}

function receive(raw: unknown, meters: MeterIndex, newId: () => string): ReceivedEvent {
  if (!isObject(raw)) return { raw }
  if (!isPlain(raw)) return { raw: withoutStamps(raw) }
  const plain = fromPlain(raw, meters, newId())
  return 'rejected' in plain
    ? { raw: { id: raw['idempotency_key'] }, rejected: plain.rejected }
    : { raw: plain.event, nameOf: plain.nameOf }
}

function unsupported(detail: string): Decoded {
  return { refused: { code: 'content_type.unsupported', field: 'content-type', detail } }
}

/** The codes every endpoint answers for a body that cannot be read. */
const requestCodes: Readonly<Record<string, readonly [code: string, status: 400 | 413 | 415]>> = {
  'json.malformed': ['request.malformed_json', 400],
  'json.not_utf8': ['request.not_utf8', 400],
  'content_type.unsupported': ['request.unsupported_media_type', 415],
  'batch.too_large': ['batch.too_large', 413],
}

function refusedAs(refused: Rejection): DecodedRequest {
  const [code, status] = requestCodes[refused.code] ?? [refused.code, 400]
  return { refused: { ...refused, code }, status }
}
