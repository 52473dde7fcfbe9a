import { oneUnit } from '@portitor/money'
import type { Rejection } from '@portitor/contracts'
import { writeJson } from './canonical.ts'
import { attributeCharactersMax } from './event-fields.ts'
import { isExactNumber } from './exact-number.ts'
import { reject, shown } from './judgement.ts'
import type { EventKind, MeterRule } from './meter.ts'
import { malformedQuantity, readQuantity } from './quantity.ts'

type Data = Readonly<Record<string, unknown>>
type Rejected = { rejected: Rejection }

/** What an event brings to its meters, by their full names: quantities in 10⁻⁹ units, and the values of `unique` ones. */
export interface Counted {
  readonly quantities: Map<string, bigint>
  readonly values: ReadonlyMap<string, string>
}

const noValues: ReadonlyMap<string, string> = new Map()

/**
 * Reads what each meter of the event's type counts, and holds parts against their totals (M-12): for `sum`, `max` and `latest`
 * the quantity that stands in the meter's field; one unit for `count`, and for `unique` where the field has a value.
 */
export function judgeQuantities(data: Data, { rules, hasParts }: EventKind): Rejected | Counted {
  const quantities = new Map<string, bigint>()
  let values: Map<string, string> | undefined
  const amounts: (bigint | undefined)[] = []
  for (const rule of rules) {
    const value = rule.field === undefined ? undefined : data[rule.field]
    const text = rule.aggregation === 'unique' ? valueText(rule.field!, value) : undefined
    if (typeof text === 'object') return text
    const counted = countedBy(rule, value, text)
    amounts.push(counted)
    if (counted === undefined) {
      if (value === undefined || rule.aggregation === 'count' || rule.aggregation === 'unique') continue
      return malformedQuantity(rule.field!, value)
    }
    const name = nameOf(rule, data)
    if (typeof name !== 'string') return name
    // A closed and an open meter may come to one name; only those that add up are let be created so.
    quantities.set(name, (rule.aggregation === 'unique' ? 0n : (quantities.get(name) ?? 0n)) + counted)
    if (text !== undefined) (values ??= new Map()).set(name, text)
  }
  if (quantities.size === 0) {
    const fields = [...new Set(rules.map(({ field }) => `data.${field}`))].join(', ')
    return reject('quantity.missing', 'data', `expected at least one quantity among ${fields}`)
  }
  return (hasParts ? largePart(rules, amounts) : undefined) ?? { quantities, values: values ?? noValues }
}

function countedBy(rule: MeterRule, value: unknown, text: string | undefined): bigint | undefined {
  switch (rule.aggregation) {
    case 'unique':
      return text === undefined ? undefined : oneUnit
    case 'count':
      return rule.field === undefined || (value !== undefined && value !== null) ? oneUnit : undefined
    case 'sum':
    case 'max':
    case 'latest':
      return value === undefined ? undefined : readQuantity(value)
  }
}

/**
 * A value as the text it is told apart by: `7`, `7.0` and `"7"` are the same one, however the event is sent. Absent where it
 * is null or empty, as an attribute is.
 */
function valueText(field: string, value: unknown): string | undefined | Rejected {
  if (value === undefined || value === null || value === '') return undefined
  const isScalar = typeof value !== 'object' || isExactNumber(value)
  if (!isScalar)
    return reject('value.malformed', `data.${field}`, `expected text, a number or a boolean, got ${shown(value)}`)
  const text = typeof value === 'string' ? value : writeJson(value)
  return text.length <= attributeCharactersMax
    ? text
    : reject('value.too_long', `data.${field}`, `expected at most ${attributeCharactersMax} characters`)
}

/** A meter's full name; an open one (`outcome:*`) is completed from the event. */
function nameOf(rule: MeterRule, data: Data): string | Rejected {
  if (rule.prefix === undefined) return rule.name
  const field = `data.${rule.nameFrom}`
  const rest = data[rule.nameFrom!]
  if (rest === undefined) return reject('meter.name_missing', field, `expected the name that completes ${rule.prefix}`)
  if (typeof rest !== 'string' || !/^[a-z0-9_]{1,64}$/.test(rest) || rule.prefix.length + rest.length > 64)
    return reject(
      'meter.name_malformed',
      field,
      `expected lower-case letters, digits and _ (with ${rule.prefix} at most 64 characters), got ${shown(rest)}`,
    )
  return rule.prefix + rest
}

function largePart(rules: readonly MeterRule[], amounts: readonly (bigint | undefined)[]): Rejected | undefined {
  const sums = new Map<number, bigint>()
  for (const [at, { totalAt, field, name }] of rules.entries()) {
    const part = amounts[at]
    if (totalAt < 0 || part === undefined) continue
    const total = rules[totalAt]!
    const whole = amounts[totalAt] ?? 0n
    const sum = (sums.get(totalAt) ?? 0n) + part
    sums.set(totalAt, sum)
    if (sum <= whole) continue
    const why =
      amounts[totalAt] === undefined
        ? `${name} is a part of ${total.name}, which the event lacks`
        : part > whole
          ? `${name} is a part of ${total.name} and larger than it`
          : `the parts of ${total.name} are together larger than it`
    return reject('quantity.part_exceeds_total', `data.${field}`, `${why}: expected a total that includes its parts`)
  }
  return undefined
}
