import { instantSchema } from '@portitor/contracts'
import { ProblemException } from '@portitor/service'
import { z } from 'zod'
import type { TimePlace } from './audit-reading.store.ts'

const placeSchema = z.tuple([instantSchema, z.uuid()])

export function toAuditCursor({ at, id }: TimePlace): string {
  return Buffer.from(`${at} ${id}`).toString('base64url')
}

/** The place that the page before ended at; 400 `cursor.malformed` for what is none. */
export function fromAuditCursor(cursor: string | undefined): TimePlace | undefined {
  if (cursor === undefined) return undefined
  const place = placeSchema.safeParse(Buffer.from(cursor, 'base64url').toString().split(' '))
  if (!place.success)
    throw new ProblemException(400, 'cursor.malformed', 'Use the `next_cursor` of the page before as it is.')
  return { at: place.data[0], id: place.data[1] }
}
