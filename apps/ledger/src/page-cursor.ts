import { ProblemException } from '@portitor/service'

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
/** What a place in each list consists of. */
const places = {
  transfer: new RegExp(`^transfer:(${UUID})$`),
  account: new RegExp(`^account:(${UUID}):([A-Z]{3}):([^\\0]+)$`),
  run: /^run:(\d{1,18})$/,
}

/** A place in a list, opaque to callers so that they do not build their own and break when the order changes. */
export function toCursor(list: keyof typeof places, ...place: string[]): string {
  return Buffer.from([list, ...place].join(':')).toString('base64url')
}

/** The place a cursor names. Throws 400 `cursor.malformed` on anything that is no cursor of this list. */
export function fromCursor(list: keyof typeof places, cursor: string): string[] {
  const place = places[list].exec(Buffer.from(cursor, 'base64url').toString())
  if (place === null)
    throw new ProblemException(
      400,
      'cursor.malformed',
      'The cursor is no next_cursor of this list: start over without it.',
      { errors: [{ in: 'query', field: 'cursor', expected: 'next_cursor of the page before' }] },
    )
  return place.slice(1)
}
