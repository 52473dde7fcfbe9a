/** A place in a list of usage, opaque to callers: the group keys of the last row of a page, as text. */
export function toCursor(keys: readonly string[]): string {
  return Buffer.from(JSON.stringify(keys)).toString('base64url')
}

/** The keys of a cursor; undefined where it is none of a list with this many keys that begins with a window. */
export function fromCursor(cursor: string, keyCount: number): readonly string[] | undefined {
  try {
    const keys: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (!Array.isArray(keys) || keys.length !== keyCount || !keys.every((key) => typeof key === 'string'))
      return undefined
    const [start = ''] = keys
    return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(start) ? keys : undefined
  } catch {
    return undefined
  }
}
