import { isUtf8 } from 'node:buffer'
import type { Rejection } from '@portitor/contracts'
import { parseKeepingNumbers } from './exact-number.ts'
import { printable, refuse } from './judgement.ts'

const depthMax = 256
const tooDeep = refuse('json.too_deep', undefined, `expected at most ${depthMax} levels of nesting`)

/**
 * A number a double might not hold as written: 16 digits and more, an exponent, or a fraction of zeros (`1200.0`).
 * Inside of lists and objects numbers follow `:`, `[` or `,`, so it misses none; matching inside a string costs only time.
 */
const inexactNumber = /[:[,]\s*-?\d+(?:[\d.]{15}|\.0+(?=\s*[,}\]])|(?:\.\d+)?[eE])/

export type Parsed = { readonly value: unknown } | { readonly refused: Rejection }

/**
 * Strict UTF-8 and strict JSON in which no number loses digits or form: whole numbers beyond 2⁵³ of up to 18 digits
 * become decimal text, other numbers a double cannot tell apart an `ExactNumber`. Never throws.
 * `__proto__` becomes an ordinary own member. Nesting is bounded twice: here so that no recursion over the value can end
 * the process, and closer where each event is judged, so that one deep event does not condemn its batch.
 */
export function parseJsonExactly(bytes: Uint8Array | string): Parsed {
  const text = typeof bytes === 'string' ? bytes : decodeUtf8(bytes)
  if (text === undefined) return refuse('json.not_utf8', undefined, 'expected JSON in UTF-8, got other bytes')
  try {
    const value: unknown = inexactNumber.test(text) ? parseKeepingNumbers(text) : JSON.parse(text)
    // Each level takes two characters at least.
    return text.length > 2 * depthMax && isDeeperThan(value, depthMax) ? tooDeep : { value }
  } catch (error) {
    if (error instanceof RangeError) return tooDeep
    return refuse(
      'json.malformed',
      undefined,
      `this is not JSON: ${error instanceof Error ? printable(error.message) : 'unreadable'}`,
    )
  }
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  if (Array.isArray(value)) return value.some((item) => isDeeperThan(item, levels - 1))
  for (const key in value) if (isDeeperThan((value as Record<string, unknown>)[key], levels - 1)) return true
  return false
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  if (!isUtf8(bytes)) return undefined
  const withoutMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
  return Buffer.from(withoutMark.buffer, withoutMark.byteOffset, withoutMark.byteLength).toString('utf8')
}
