import { hash } from 'node:crypto'
import { isExactNumber } from './exact-number.ts'
import { Unwritable, quote } from './json-text.ts'
import { sortedKeys } from './sorted-keys.ts'

const travelsAlong = new Set(['datacontenttype', 'traceparent', 'tracestate'])

/** How deep an event may be nested, its `data` counted as depth one. */
export const depthMax = 32

/** An event as canonical JSON, in the two parts that are treated differently. */
export interface CanonicalEvent {
  /** What the client says: all it sent but `subject` and the attributes in `aside`. This is what is hashed. */
  readonly said: string
  /** Members that travel along but do not make another event (tracing, `datacontenttype`), each with a comma before it. */
  readonly aside: string
  /** Whether `said` holds every attribute as it was sent: false where a number or boolean became text. */
  readonly asSent: boolean
}

/**
 * The canonical JSON of an event (RFC 8785: keys in code unit order, shortest numbers), the same for all the ways it can
 * be sent: attributes are text, as headers carry nothing else; an attribute that is null is absent. Throws `Unwritable`.
 */
export function canonicalEvent(event: Readonly<Record<string, unknown>>): CanonicalEvent {
  let said = ''
  let aside = ''
  let asSent = true
  for (const { key, prefix } of sortedKeys(event)) {
    const value = event[key]
    if (value === null || value === undefined || key === 'subject' || isStamp(key)) continue
    if (key === 'data') said += `,${prefix}${writeJson(value, 1)}`
    else if (travelsAlong.has(key)) aside += `,${prefix}${writeJson(value, 1)}`
    else if (typeof value === 'string') said += `,${prefix}${quote(value)}`
    else {
      said += `,${prefix}${quote(attributeText(value))}`
      asSent = false
    }
  }
  return { said: `{${said.slice(1)}}`, aside, asSent }
}

/** First 16 bytes of SHA-256 over the canonical JSON of what the client sent: two events are the same if these are equal. */
export function payloadHash(event: Readonly<Record<string, unknown>>): Buffer {
  return hashOf(canonicalEvent(event))
}

export function hashOf(canonical: CanonicalEvent): Buffer {
  // Asking for text and copying it is less than half the time of asking for a buffer.
  return Buffer.from(hash('sha256', canonical.said, 'binary').slice(0, 16), 'binary')
}

/** Any JSON value as canonical text. Members that are `undefined` are left out, as JSON.stringify does. */
export function writeJson(value: unknown, depth = 0): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'null'
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (typeof value !== 'object' || value === null) return 'null'
  if (isExactNumber(value)) return exactText(value.rawJSON)
  if (depth > depthMax) throw new Unwritable('nested too deeply')
  return Array.isArray(value) ? writeArray(value, depth) : writeObject(value as Record<string, unknown>, depth)
}

function writeArray(values: readonly unknown[], depth: number): string {
  let text = ''
  for (const value of values) text += `,${writeJson(value, depth + 1)}`
  return `[${text.slice(1)}]`
}

function writeObject(value: Readonly<Record<string, unknown>>, depth: number): string {
  let text = ''
  for (const { key, prefix } of sortedKeys(value)) {
    const member = value[key]
    if (member !== undefined) text += `,${prefix}${writeJson(member, depth + 1)}`
  }
  return `{${text.slice(1)}}`
}

/** CloudEvents knows integer and boolean attributes, but in headers all of them are text. */
function attributeText(value: unknown): string {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : writeJson(value)
}

/** The same text again when it is read back, so that an event keeps its hash on its way through the log. */
function exactText(source: string): string {
  const value = Number(source)
  return Number.isSafeInteger(value) ? String(value) : source
}

/** What we stamp, and nobody else may. */
export function isStamp(key: string): boolean {
  return key.startsWith('portitor')
}

/** An event without what only we may stamp; the very same object where there is nothing to leave out. */
export function withoutStamps(event: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  for (const key in event)
    if (isStamp(key)) return Object.fromEntries(Object.entries(event).filter(([name]) => !isStamp(name)))
  return event
}
