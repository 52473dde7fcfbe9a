import { parse, ProblemException, type RawRequest, readJson } from '@portitor/service'
import { z } from 'zod'

/** Before every version there is. */
export const NEWEST = 2_147_483_647

/** Some operations mean something without a body, so none needs to be sent. */
export function bodyOrDefault<T>(schema: z.ZodType<T>, request: RawRequest): T {
  return request.body.length === 0 ? parse(schema, {}, 'body') : readJson(schema, request)
}

/** The place in a list that a cursor of numbers stands for. */
export function positionOf(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined
  if (!/^\d{1,9}$/.test(cursor))
    throw new ProblemException(400, 'request.invalid', 'cursor: the next_cursor of an earlier answer')
  return Number(cursor)
}

/** Of `limit` + 1 items, the first `limit`, and a cursor if there was one more. */
export function pageOfItems<Item>(items: readonly Item[], limit: number, position: (last: Item) => number | string) {
  const data = items.slice(0, limit)
  return { data, next_cursor: items.length > limit ? String(position(data.at(-1)!)) : null }
}

const keySchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, '1 to 255 visible ASCII characters, bare or in double quotes')
  .optional()

/** A key that the caller chose, the same whether quoted (as the HTTP draft writes it) or bare. 400 where it is none. */
export function readKey(header: 'idempotency-key' | 'webhook-id', text: string | undefined): string | undefined {
  const bare = text?.replace(/^"(.*)"$/, '$1')
  return parse(z.object({ [header]: keySchema }), { [header]: bare }, 'header')[header]
}
