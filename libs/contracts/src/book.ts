import { z } from 'zod'
import { currencySchema, instantSchema } from './primitives.ts'

/** A rate as exact decimal text in units of the currency (`"2.50"`), with up to 18 digits after the point. Never a JSON number. */
export const rateSchema = z.string().regex(/^\d{1,18}(\.\d{1,18})?$/)

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

/** One rate for every unit: the amount is quantity × rate ÷ per. */
export const perUnitSchema = z.strictObject({
  model: z.literal('per_unit'),
  rate: rateSchema,
  per: z.string().regex(/^[1-9]\d{0,17}$/),
})
/** Each tier its own rate; `up_to` is inclusive and ascending, the last tier has none. */
export const graduatedSchema = z.strictObject({
  model: z.literal('graduated'),
  per: z.string().regex(/^[1-9]\d{0,17}$/),
  tiers: z
    .array(
      z.strictObject({
        up_to: z.string().nullable(),
        rate: rateSchema,
        /** Owed once, when the quantity enters the tier. Optional: most tiers have only a rate. */
        flat_amount: rateSchema.optional(),
      }),
    )
    .min(1)
    .max(64),
})
/** A context band: its rates hold for the whole request once the input is larger than `input_over` tokens (0: the base band). Rates are per million tokens; `requests` per million requests. */
export const bandSchema = z.strictObject({ input_over: z.int().nonnegative(), rates: z.record(z.string(), rateSchema) })
export const matrixRowSchema = z.strictObject({
  provider: z.string(),
  model: z.string(),
  match: matchClauseSchema,
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
  price: z.discriminatedUnion('model', [perUnitSchema, graduatedSchema, matrixSchema]),
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
