import type { Rejection } from '@portitor/contracts'
import { oneUnit } from '@portitor/money'
import { reject } from './judgement.ts'
import { type MeterIndex, openMeterOf, takesQuantity } from './meter.ts'
import { readQuantity } from './quantity.ts'

type Data = Readonly<Record<string, unknown>>

/** What a plain event's `event_type` means: a type, and fields of `data` it already settles. */
export interface NamedType {
  readonly type: unknown
  readonly data: Data
}

/** An event type stands for itself; the name of a meter for the events it counts (`gpu_seconds`, `outcome:meeting_booked`). */
export function resolveType(named: unknown, index: MeterIndex): NamedType {
  if (typeof named !== 'string' || index.kinds.has(named)) return { type: named, data: {} }
  const meter = index.byName.get(named)
  if (meter !== undefined) return { type: meter.event_type, data: {} }
  const open = openMeterOf(index, named)
  if (open?.name_from === undefined) return { type: named, data: {} }
  return { type: open.event_type, data: { [open.name_from]: named.slice(named.indexOf(':') + 1) } }
}

/** The fields of `data` that hold quantities of this type, or what its meters count the different values of. */
export function quantityFields(type: unknown, { kinds }: MeterIndex): string[] {
  const rules = typeof type === 'string' ? (kinds.get(type)?.rules ?? []) : []
  return rules.flatMap(({ field, nameFrom }) => [field, nameFrom]).filter((field) => field !== undefined)
}

/**
 * Where the bare quantity of a plain event belongs: the meter it names, `input_tokens` for `tokens.consumed`, else the one
 * quantity its type has. Where a different value is one, or the type is counted, one is what it says anyway and anything
 * else has no place: it is refused rather than dropped. `field` is undefined where nothing is to be stored.
 */
export function quantityField(
  named: unknown,
  type: unknown,
  quantity: unknown,
  { kinds, byName }: MeterIndex,
): { rejected: Rejection } | { field: string | undefined } {
  const kind = typeof type === 'string' ? kinds.get(type) : undefined
  if (kind === undefined) return { field: 'quantity' }
  const own = typeof named === 'string' && byName.has(named) ? kind.rules.find(({ name }) => name === named) : undefined
  if (own?.aggregation === 'unique') return nothingToStore(quantity)
  const sums = kind.rules.filter(({ aggregation }) => takesQuantity(aggregation))
  if (own !== undefined && sums.includes(own)) return { field: own.field }
  if (type === 'tokens.consumed') return { field: 'input_tokens' }
  const bare = sums.find(({ field }) => field === 'quantity')
  const only = sums.length === 1 ? sums[0] : undefined
  const found = bare ?? only
  if (found !== undefined) return { field: found.field }
  if (sums.length > 0) {
    const choices = sums.map(({ name }) => name).join(', ')
    return reject('quantity.ambiguous', 'quantity', `expected an event_type or a field of metadata among ${choices}`)
  }
  return nothingToStore(quantity)
}

function nothingToStore(quantity: unknown): { rejected: Rejection } | { field: undefined } {
  if (readQuantity(quantity) === oneUnit) return { field: undefined }
  return reject('quantity.not_counted', 'quantity', 'expected 1 or no quantity: each event of this type counts as one')
}
