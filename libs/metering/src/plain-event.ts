import type { Rejection } from '@portitor/contracts'
import { eventFields, type FieldKind } from './event-fields.ts'
import { isObject, printable, reject, shown } from './judgement.ts'
import type { MeterIndex } from './meter.ts'
import { quantityField, quantityFields, resolveType } from './plain-quantity.ts'
import { readQuantity } from './quantity.ts'

/** The `source` of every event that came in the plain form: with the idempotency key it says which event it is. */
export const plainSource = 'portitor/plain'

type Plain = Readonly<Record<string, unknown>>

/** A plain event as CloudEvent. `nameOf` says what a field of it was called by the sender. */
export interface PlainEvent {
  readonly event: Readonly<Record<string, unknown>>
  readonly nameOf: (field: string) => string
}

export function isPlain(raw: unknown): raw is Plain {
  return isObject(raw) && raw['specversion'] === undefined && raw['event_type'] !== undefined
}

/**
 * M-1: `{agent_id, event_type, quantity, metadata, idempotency_key}` to a CloudEvent. `event_type` is the type of an event
 * or the name of a meter. What `metadata` says under the name of a field of ours (`model`, `workflow`, `input_tokens`) or
 * of a quantity of that type is that field; the rest stays metadata. A bare quantity of `tokens.consumed` is its
 * `input_tokens`. `time`, `workspace_id` and our fields are understood beside the five. Without `idempotency_key` the
 * event gets `serverId`, and sending it again makes a second event.
 */
export function fromPlain(plain: Plain, meters: MeterIndex, serverId: string): { rejected: Rejection } | PlainEvent {
  const { event_type: named, quantity, metadata = {}, idempotency_key: id = serverId, ...rest } = withoutNulls(plain)
  const { time, workspace_id, subject = workspace_id, ...own } = rest
  if (!isObject(metadata))
    return reject('attribute.malformed', 'metadata', `expected an object, got ${shown(metadata)}`)
  const { type, data: settled } = resolveType(named, meters)
  const known = new Set([...eventFields.keys(), ...quantityFields(type, meters)])
  const misplaced = misplacedField(own, metadata, known)
  if (misplaced !== undefined) return misplaced

  const target = quantity === undefined ? nowhere : quantityField(named, type, quantity, meters)
  if ('rejected' in target) return target
  const { field } = target
  const [ours, free] = splitBy(metadata, (name, value) => known.has(name) && isLifted(name, value))
  const data: Record<string, unknown> = {
    ...ours,
    ...own,
    ...settled,
    ...(Object.keys(free).length > 0 ? { metadata: free } : {}),
  }
  if (field !== undefined && data[field] !== undefined && readQuantity(data[field]) !== readQuantity(quantity))
    return reject('quantity.contradiction', 'quantity', `expected the same as ${field}, or only one of them`)

  const event = {
    specversion: '1.0',
    id,
    source: plainSource,
    type,
    ...(time === undefined ? {} : { time }),
    ...(subject === undefined ? {} : { subject }),
    data: field === undefined ? data : { ...data, [field]: quantity },
  }
  return { event, nameOf: (name) => nameInPlain(name, { own, settled, field, metadata }) }
}

const nowhere: { readonly field: string | undefined } = { field: undefined }

/** A field the plain form does not know would otherwise be lost, and one that is said twice decided by chance. */
function misplacedField(own: Plain, metadata: Plain, known: ReadonlySet<string>): { rejected: Rejection } | undefined {
  for (const name of Object.keys(own)) {
    const field = printable(name)
    if (!known.has(name) || name === 'metadata')
      return reject('field.unknown', field, `expected a field of a plain event: put ${field} into metadata`)
    if (metadata[name] !== undefined)
      return reject('field.twice', field, `expected ${field} either beside metadata or inside of it`)
  }
  return undefined
}

/** To be absent is what null means in a plain event, save for a quantity: one that got lost must not count as none. */
function withoutNulls(plain: Plain): Plain {
  return Object.fromEntries(Object.entries(plain).filter(([name, value]) => value !== null || name === 'quantity'))
}

const typeLifted: Partial<Record<FieldKind, string>> = { text: 'string', duration: 'number', flag: 'boolean' }

/** Metadata is the sender's own: what only shares a field's name (`status: 200`) stays there. Quantities are always taken, and judged. */
function isLifted(name: string, value: unknown): boolean {
  const kind = eventFields.get(name)
  if (kind === undefined || kind === 'count') return true
  return kind === 'list' ? Array.isArray(value) : typeof value === typeLifted[kind]
}

function splitBy(
  fields: Plain,
  chosen: (name: string, value: unknown) => boolean,
): [Record<string, unknown>, Record<string, unknown>] {
  const entries = Object.entries(fields)
  return [
    Object.fromEntries(entries.filter(([name, value]) => chosen(name, value))),
    Object.fromEntries(entries.filter(([name, value]) => !chosen(name, value))),
  ]
}

const envelopeNames: Readonly<Record<string, string>> = {
  id: 'idempotency_key',
  type: 'event_type',
  subject: 'workspace_id',
}

function nameInPlain(
  name: string,
  from: { own: Plain; settled: Plain; field: string | undefined; metadata: Plain },
): string {
  if (!name.startsWith('data.')) return envelopeNames[name] ?? name
  const member = name.slice('data.'.length)
  if (member.startsWith('metadata')) return member
  if (Object.hasOwn(from.own, member)) return member
  if (Object.hasOwn(from.settled, member)) return 'event_type'
  return member === from.field && !Object.hasOwn(from.metadata, member) ? 'quantity' : `metadata.${member}`
}
