/** A place in a list, opaque to callers so that they do not build their own and break when the order changes. */
export function toCursor(lastId: string): string {
  return Buffer.from(lastId).toString('base64url')
}

/** The id the page before ended with. What is no cursor gives what is no id, and is refused as such. */
export function fromCursor(cursor: string): string {
  return Buffer.from(cursor, 'base64url').toString()
}
