import type { Rejection } from '@portitor/contracts'
import { isExactNumber } from './exact-number.ts'

/** A refusal as data: a stable code, where it lies, what is expected there. */
export function reject(code: string, field: string | undefined, detail: string): { rejected: Rejection } {
  return { rejected: field === undefined ? { code, detail } : { code, field, detail } }
}

/** The same for a whole record or request that cannot be read, so that none of its events can be judged. */
export function refuse(code: string, field: string | undefined, detail: string): { refused: Rejection } {
  return { refused: reject(code, field, detail).rejected }
}

/** What a value was, shortened for a message to a person. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (isExactNumber(value)) return value.rawJSON.slice(0, 64)
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 64))
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value)
  return Array.isArray(value) ? 'a list' : `an ${typeof value}`
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value)
}

/** Text of a stranger made fit for a message: short, without what a database or a terminal cannot hold. */
export function printable(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cs}]/gu, '\ufffd')
    .slice(0, 200)
    .toWellFormed()
}
