import { parse } from '@portitor/service'
import { z } from 'zod'

export interface Page<Item> {
  readonly data: Item[]
  readonly next_cursor: string | null
}

const expected = 'next_cursor of an earlier page'
const idSchema = z.object({ cursor: z.uuid(expected).optional() })
const momentSchema = z.object({ cursor: z.string().refine(isMoment, expected).optional() })

/** A place in a list whose ids are in the order of creation. Opaque, so that nobody builds their own and breaks when the order changes. */
export function afterId(cursor: string | undefined): string | undefined {
  return parse(idSchema, { cursor: decoded(cursor) }, 'query').cursor
}

/** A place in a list of people, who may have been known long before they came into the list. */
export function afterMoment(cursor: string | undefined): { at: Date; id: string } | undefined {
  const { cursor: text } = parse(momentSchema, { cursor: decoded(cursor) }, 'query')
  return text === undefined ? undefined : { at: new Date(text.slice(0, 24)), id: text.slice(25) }
}

export const momentPlace = (row: { createdAt: Date; userId: string }) => `${row.createdAt.toISOString()} ${row.userId}`

/** A page of at most `limit`, of rows of which one more was asked for: that one tells whether there is a next page. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  place: (row: Row) => string,
  toItem: (row: Row) => Item,
): Page<Item> {
  const page = rows.slice(0, limit)
  const last = rows.length > limit ? page.at(-1) : undefined
  return {
    data: page.map(toItem),
    next_cursor: last === undefined ? null : Buffer.from(place(last)).toString('base64url'),
  }
}

export function decoded(cursor: string | undefined): string | undefined {
  return cursor === undefined ? undefined : Buffer.from(cursor, 'base64url').toString()
}

function isMoment(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z .{36}$/.test(text)) return false
  return !Number.isNaN(Date.parse(text.slice(0, 24))) && idSchema.safeParse({ cursor: text.slice(25) }).success
}
