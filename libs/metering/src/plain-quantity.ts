import type { Rejection } from '@portitor/contracts'
import { oneUnit } from '@portitor/money'
import { reject } from './judgement.ts'
import type { MeterIndex } from './meter.ts'
import { readQuantity } from './quantity.ts'

type Data = Readonly<Record<string, unknown>>

/** What a plain event's `event_type` means: a type, and fields of `data` it already settles. */
export interface NamedType {
  readonly type: unknown
  readonly data: Data
}

/** An event type stands for itself; the name of a meter for the events it counts (`gpu_seconds`, `outcome:meeting_booked`). */
export function resolveType(named: unknown, { kinds, byName }: MeterIndex): NamedType {
  if (typeof named !== 'string' || kinds.has(named)) return { type: named, data: {} }
  const meter = byName.get(named)
  if (meter !== undefined) return { type: meter.event_type, data: {} }
  const colon = named.indexOf(':')
  const open = colon < 0 ? undefined : byName.get(`${named.slice(0, colon)}:*`)
  if (open?.name_from === undefined) return { type: named, data: {} }
  return { type: open.event_type, data: { [open.name_from]: named.slice(colon + 1) } }
}

/** The fields of `data` that hold quantities of this type. */
export function quantityFields(type: unknown, { kinds }: MeterIndex): string[] {
  const rules = typeof type === 'string' ? (kinds.get(type)?.rules ?? []) : []
  return rules.flatMap(({ field, nameFrom }) => [field, nameFrom]).filter((field) => field !== undefined)
}

/**
 * Where the bare quantity of a plain event belongs: the meter it names, `input_tokens` for `tokens.consumed`, else the
 * one sum its type has. Where the type is counted, one is what it says anyway and anything else has no place: it is
 * refused rather than dropped. `field` is undefined where nothing is to be stored.
 */
export function quantityField(
  named: unknown,
  type: unknown,
  quantity: unknown,
  { kinds, byName }: MeterIndex,
): { rejected: Rejection } | { field: string | undefined } {
  const kind = typeof type === 'string' ? kinds.get(type) : undefined
  if (kind === undefined) return { field: 'quantity' }
  const sums = kind.rules.filter(({ counts }) => !counts)
  const own = typeof named === 'string' && byName.has(named) ? sums.find(({ name }) => name === named) : undefined
  if (own !== undefined) return { field: own.field }
  if (type === 'tokens.consumed') return { field: 'input_tokens' }
  const bare = sums.find(({ field }) => field === 'quantity')
  const only = sums.length === 1 ? sums[0] : undefined
  const found = bare ?? only
  if (found !== undefined) return { field: found.field }
  if (sums.length > 0) {
    const choices = sums.map(({ name }) => name).join(', ')
    return reject('quantity.ambiguous', 'quantity', `expected an event_type or a field of metadata among ${choices}`)
  }
  if (readQuantity(quantity) === oneUnit) return { field: undefined }
  return reject('quantity.not_counted', 'quantity', 'expected 1 or no quantity: each event of this type counts as one')
}
