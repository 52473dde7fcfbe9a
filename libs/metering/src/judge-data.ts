import type { Rejection } from '@portitor/contracts'
import { actorsMax, attributeCharactersMax, eventFields, type FieldKind } from './event-fields.ts'
import { isExactNumber } from './exact-number.ts'
import { isObject, reject, shown } from './judgement.ts'
import type { EventKind } from './meter.ts'
import { malformedQuantity, readQuantity } from './quantity.ts'

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
