import { z } from 'zod'

/** The parameters of every list: `cursor` is `next_cursor` of the page before. */
export const pageParameters = {
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(256).optional(),
}
export const pageQuerySchema = z.strictObject(pageParameters)
export type PageQuery = z.infer<typeof pageQuerySchema>

/** The answer of every list. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ data: z.array(item), next_cursor: z.string().nullable() })
}

/** What people read: neither blank nor with control characters, which databases, terminals and CSV files trip over. */
export const nameSchema = z
  .string()
  .trim()
  .min(1, 'a name of 1 to 128 characters')
  .max(128, 'a name of 1 to 128 characters')
  .refine((name) => name.isWellFormed() && !/\p{Cc}/u.test(name), 'a name without control characters')

/** Free text may have line breaks, but not what no database stores. */
export const isStorable = (text: string) => text.isWellFormed() && !text.includes('\0')
export const storable = { error: 'text without NUL and without half of a surrogate pair' }

export const idPathSchema = z.strictObject({ id: z.uuid() })
export type IdPath = z.infer<typeof idPathSchema>

/** Every POST of `auth` that creates something understands it. */
export const idempotent = {
  'idempotency-key':
    'Up to 255 visible characters. The same key and body within 24 hours answer the first answer again (without a secret that was shown once); the same key with another body is refused with 422 `idempotency.conflict`, and while the first call is still running with 409 `idempotency.in_flight`.',
} as const
