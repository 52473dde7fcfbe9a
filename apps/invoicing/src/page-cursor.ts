import { ProblemException } from '@portitor/service'
import { z } from 'zod'

/** The place a cursor names, opaque to callers. 400 `cursor.malformed` on anything that is no cursor of this list. */
export function fromCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined
  const id = z.uuid().safeParse(Buffer.from(cursor, 'base64url').toString())
  if (id.success) return id.data
  throw new ProblemException(
    400,
    'cursor.malformed',
    'The cursor is no next_cursor of this list: start over without it.',
    { errors: [{ in: 'query', field: 'cursor', expected: 'next_cursor of the page before' }] },
  )
}

/** A page of at most `limit`, of rows of which one more was asked for: that one tells whether there is a next page. */
export function toPage<Row extends { readonly id: string }, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
): { data: Item[]; next_cursor: string | null } {
  const page = rows.slice(0, limit)
  const last = rows.length > limit ? page.at(-1) : undefined
  return {
    data: page.map(toItem),
    next_cursor: last === undefined ? null : Buffer.from(last.id).toString('base64url'),
  }
}
