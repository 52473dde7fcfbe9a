import type { Rejection } from '@portitor/contracts'
import { depthMax, isStamp } from './canonical.ts'
import { printable, reject } from './judgement.ts'
import { isStorable } from './json-text.ts'

/** Says where an event that cannot be written is at fault. Iterative and bounded by the event's own size. */
export function explainUnwritable(event: Readonly<Record<string, unknown>>): { rejected: Rejection } {
  const open: { value: unknown; path: string; depth: number }[] = [{ value: event, path: '', depth: 0 }]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const { value, path, depth } = at
    if (typeof value === 'string' && !isStorable(value)) return unstorable(path)
    if (typeof value !== 'object' || value === null) continue
    if (depth > depthMax)
      return reject('event.too_deep', printable(path), `expected at most ${depthMax} levels of nesting`)
    for (const [key, member] of Object.entries(value)) {
      if (depth === 0 && isStamp(key)) continue
      const name = path === '' ? key : `${path}.${key}`
      if (!isStorable(key)) return unstorable(path)
      open.push({ value: member, path: name, depth: depth + 1 })
    }
  }
  return reject('event.unstorable', undefined, 'expected an event that can be written as JSON')
}

function unstorable(path: string): { rejected: Rejection } {
  return reject('event.unstorable', printable(path), 'expected text without NUL and without half surrogate pairs')
}
