import { z } from 'zod'
import {
  amountRuleSchema,
  creditSchema,
  eventPriceSchemas,
  quantityRuleSchema,
  rateSchema,
  totalPriceSchemas,
} from './charge-models.ts'
import { currencySchema, instantSchema } from './primitives.ts'

/** How a name is recognised; compared in lower case. The same clauses the public price catalogue uses, kept as data. */
export type MatchClause =
  | { equals: string }
  | { starts_with: string }
  | { ends_with: string }
  | { contains: string }
  | { regex: string }
  | { and: MatchClause[] }
  | { or: MatchClause[] }
export const matchClauseSchema: z.ZodType<MatchClause> = z
  .lazy(() =>
    z.union([
      z.strictObject({ equals: z.string() }),
      z.strictObject({ starts_with: z.string() }),
      z.strictObject({ ends_with: z.string() }),
      z.strictObject({ contains: z.string() }),
      z.strictObject({ regex: z.string() }),
      z.strictObject({ and: z.array(matchClauseSchema).min(1) }),
      z.strictObject({ or: z.array(matchClauseSchema).min(1) }),
    ]),
  )
  .meta({ id: 'MatchClause' })

/** A context band: its rates hold for the whole request once the input is larger than `input_over` tokens (0: the base band). Rates are per million tokens; `requests` per million requests. */
export const bandSchema = z.strictObject({ input_over: z.int().nonnegative(), rates: z.record(z.string(), rateSchema) })
export const matrixRowSchema = z.strictObject({
  provider: z.string(),
  model: z.string(),
  match: matchClauseSchema,
  /** Only for events whose attributes equal these (region, service class); the row that asks for most holds. Optional: for all. */
  dimensions: z.record(z.string(), z.string()).optional(),
  /** Ascending by `input_over`, the first is 0. */
  bands: z.array(bandSchema).min(1).max(16),
})
export type MatrixRow = z.infer<typeof matrixRowSchema>
/** A matrix of models × token kinds × context bands. A kind without a rate of its own is priced as the total it is a part of. */
export const matrixSchema = z.strictObject({
  model: z.literal('matrix'),
  providers: z.array(
    z.strictObject({
      id: z.string(),
      /** Recognises other names of the provider. */
      match: matchClauseSchema.optional(),
      /** Recognises the provider by a model's name where the event names none. */
      model_match: matchClauseSchema.optional(),
    }),
  ),
  rows: z.array(matrixRowSchema),
  /** Other names of models, first match wins: an exact `model` (and provider) stands for another. */
  aliases: z.array(
    z.strictObject({
      provider: z.string().optional(),
      model: z.string(),
      as: z.strictObject({ provider: z.string(), model: z.string() }),
    }),
  ),
  /** The row that prices a model nobody knows. Absent: such an event is rejected, never free. */
  fallback: z.strictObject({ provider: z.string(), model: z.string() }).optional(),
})

export const chargeSchema = z.strictObject({
  /** Names the revenue account; stable across versions. */
  id: z
    .string()
    .regex(/^[a-z][a-z0-9_]*$/)
    .max(48),
  /** Meters it prices; a name ending in `:*` stands for all that begin so. A matrix names the token totals. */
  meters: z.array(z.string()).min(1).max(32),
  /** Only events whose attributes equal these. */
  filter: z.record(z.string(), z.string()).optional(),
  /** The meters make one total. Optional: each has its own. */
  together: z.boolean().optional(),
  /** Whose total it is. Optional: the workspace's. */
  scope: z.enum(['workspace', 'agent']).optional(),
  quantity: quantityRuleSchema.optional(),
  price: z.discriminatedUnion('model', [...totalPriceSchemas, matrixSchema, ...eventPriceSchemas]),
  amount: amountRuleSchema.optional(),
  /** The book's currency, or one of its credits. Optional: the book's. */
  currency: z.string().max(48).optional(),
})
export type Charge = z.infer<typeof chargeSchema>
export type ChargeModel = Charge['price']

/** What a price or cost book says: immutable once published, in force for events whose time lies in [effective_from, effective_to). */
export const bookContentSchema = z.strictObject({
  currency: currencySchema,
  effective_from: instantSchema,
  effective_to: instantSchema.nullable(),
  /** Where the numbers come from, and as of when. */
  source: z.string().max(256),
  source_date: instantSchema,
  /** Virtual currencies that charges may be in. Optional: most books have none. */
  credits: z.array(creditSchema).max(32).optional(),
  /** When the tiers of this version begin to hold if it takes effect inside of a period. Optional: `next_period`. */
  mid_period: z.enum(['next_period', 'at_once']).optional(),
  charges: z.array(chargeSchema).max(256),
})
export type BookContent = z.infer<typeof bookContentSchema>
export const bookSideSchema = z.enum(['price', 'cost'])
export type BookSide = z.infer<typeof bookSideSchema>

export const bookVersionSchema = z.object({
  book: bookSideSchema,
  version: z.int().positive(),
  status: z.enum(['draft', 'published']),
  created_at: instantSchema,
  published_at: instantSchema.nullable(),
  note: z.string(),
  content: bookContentSchema,
})
export type BookVersion = z.infer<typeof bookVersionSchema>
