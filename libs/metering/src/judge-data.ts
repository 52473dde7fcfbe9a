import { oneUnit } from '@portitor/money'
import type { Rejection } from '@portitor/contracts'
import { actorsMax, attributeCharactersMax, eventFields, type FieldKind } from './event-fields.ts'
import { isExactNumber } from './exact-number.ts'
import { isObject, reject, shown } from './judgement.ts'
import type { EventKind, MeterRule } from './meter.ts'
import { quantityExpected, readQuantity } from './quantity.ts'

type Data = Readonly<Record<string, unknown>>
type Rejected = { rejected: Rejection }

/** What an event says about whom and what it is for: the text fields of M-4 and the meters' dimensions, `stream` as text. */
export type EventAttributes = Readonly<Record<string, string>>

/** Reads the attributes of `data`, or says which of them is wrong. Empty text counts as absent. */
export function judgeAttributes(
  data: Data,
  kind: EventKind,
  workspaceId: string,
): Rejected | { attributes: EventAttributes; latencyMs: number | undefined } {
  const attributes: Record<string, string> = {}
  let latencyMs: number | undefined
  for (const name of Object.keys(data)) {
    const value = data[name]
    const expects = eventFields.get(name)
    if (expects === undefined) {
      if (!kind.dimensions.has(name)) continue
      const text = dimensionText(value)
      if (text === undefined) return wrong(name, value, 'text, a number or a boolean')
      if (text !== '') attributes[name] = text
      continue
    }
    if (value === undefined) continue
    if (expects === 'text') {
      if (typeof value !== 'string') return wrong(name, value, expected.text)
      if (value.length > attributeCharactersMax) return tooLong(name)
      if (value !== '') attributes[name] = value
    } else if (expects === 'duration') {
      latencyMs = durationOf(value)
      if (latencyMs === undefined) return wrong(name, value, expected.duration)
    } else if (expects === 'workspace') {
      if (typeof value !== 'string') return wrong(name, value, expected.workspace)
      if (value.toLowerCase() !== workspaceId) return contradiction(name, value, workspaceId)
    } else if (expects === 'count') {
      if (readQuantity(value) === undefined) return malformedQuantity(name, value)
    } else {
      if (!fits(expects, value)) return wrong(name, value, expected[expects])
      if (typeof value === 'boolean') attributes[name] = String(value)
    }
  }
  return { attributes, latencyMs }
}

/** Reads what each meter of the event's type counts, and holds parts against their totals (M-12). Keyed by meter name. */
export function judgeQuantities(
  data: Data,
  { rules, hasParts }: EventKind,
): Rejected | { quantities: Map<string, bigint> } {
  const quantities = new Map<string, bigint>()
  const amounts: (bigint | undefined)[] = []
  for (const rule of rules) {
    const value = rule.field === undefined ? undefined : data[rule.field]
    const counted = rule.counts ? countOf(rule, value) : value === undefined ? undefined : readQuantity(value)
    amounts.push(counted)
    if (counted === undefined) {
      if (value !== undefined && !rule.counts) return malformedQuantity(rule.field!, value)
      continue
    }
    const name = nameOf(rule, data)
    if (typeof name !== 'string') return name
    quantities.set(name, (quantities.get(name) ?? 0n) + counted)
  }
  if (quantities.size === 0) {
    const fields = [...new Set(rules.map(({ field }) => `data.${field}`))].join(', ')
    return reject('quantity.missing', 'data', `expected at least one quantity among ${fields}`)
  }
  return (hasParts ? largePart(rules, amounts) : undefined) ?? { quantities }
}

function countOf(rule: MeterRule, value: unknown): bigint | undefined {
  return rule.field === undefined || (value !== undefined && value !== null) ? oneUnit : undefined
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

const expected: Record<Exclude<FieldKind, 'count'>, string> = {
  text: 'text',
  duration: 'a number of milliseconds ≥ 0',
  flag: 'true or false',
  list: `a list of at most ${actorsMax} texts of at most ${attributeCharactersMax} characters`,
  object: 'an object',
  workspace: "the workspace's id as text",
}

function fits(kind: FieldKind, value: unknown): boolean {
  if (kind === 'flag') return typeof value === 'boolean'
  if (kind === 'object') return isObject(value)
  return (
    Array.isArray(value) &&
    value.length <= actorsMax &&
    value.every((actor) => typeof actor === 'string' && actor.length <= attributeCharactersMax)
  )
}

function durationOf(value: unknown): number | undefined {
  const number = isExactNumber(value) ? Number(value.rawJSON) : value
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : undefined
}

function dimensionText(value: unknown): string | undefined {
  if (value === undefined || value === null) return ''
  if (isExactNumber(value)) return value.rawJSON
  if (typeof value === 'string') return value.length > attributeCharactersMax ? undefined : value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

function wrong(name: string, value: unknown, what: string): Rejected {
  return reject('attribute.malformed', `data.${name}`, `expected ${what}, got ${shown(value)}`)
}

function tooLong(name: string): Rejected {
  return reject('attribute.too_long', `data.${name}`, `expected at most ${attributeCharactersMax} characters`)
}

function contradiction(name: string, value: string, workspaceId: string): Rejected {
  return reject(
    'workspace.contradiction',
    `data.${name}`,
    `expected ${workspaceId}, the workspace the event is for, got ${shown(value)}`,
  )
}

function malformedQuantity(name: string, value: unknown): Rejected {
  return reject('quantity.malformed', `data.${name}`, `expected ${quantityExpected}, got ${shown(value)}`)
}
