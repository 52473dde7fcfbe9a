/**
 * A JSON number whose value a double cannot tell from another one (`1e3`, `1200.0`, 20 digits), kept as it was written.
 * It is the raw JSON object of ECMAScript, so `JSON.stringify` writes the very same digits again.
 */
export interface ExactNumber {
  readonly rawJSON: string
}

type ReviverContext = { readonly source?: string }

/** The parts of ECMAScript 2026 that Node 24 has and TypeScript's library does not yet describe. */
const exactJson = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: ReviverContext) => unknown): unknown
  rawJSON(text: string): ExactNumber
  isRawJSON(value: unknown): value is ExactNumber
}

export function isExactNumber(value: unknown): value is ExactNumber {
  return exactJson.isRawJSON(value)
}

/** `JSON.parse` in which no number loses anything: see `keepExact`. Recursive, so very deep text throws RangeError. */
export function parseKeepingNumbers(text: string): unknown {
  return exactJson.parse(text, (_key, value, context) =>
    typeof value === 'number' && context.source !== undefined ? keepExact(value, context.source) : value,
  )
}

/**
 * What stands for a number with this source: the number itself where a double holds it; decimal text for whole numbers
 * of up to 18 digits, which are fit for quantities but not for a double; else an `ExactNumber`.
 */
function keepExact(value: number, source: string): unknown {
  if (/^-?\d+$/.test(source)) {
    if (Number.isSafeInteger(value)) return value
    return /^\d{1,18}$/.test(source) ? source : exactJson.rawJSON(source)
  }
  return Number.isInteger(value) || !Number.isFinite(value) ? exactJson.rawJSON(source) : value
}
