import { z } from 'zod'

/** A rate as exact decimal text in units of the currency (`"2.50"`), with up to 18 digits after the point. Never a JSON number. */
export const rateSchema = z.string().regex(/^\d{1,18}(\.\d{1,18})?$/)
const quantityText = z.string().regex(/^\d{1,18}(\.\d{1,9})?$/)
const perSchema = z.string().regex(/^[1-9]\d{0,17}$/)

const tierSchema = z.strictObject({
  up_to: z.string().nullable(),
  rate: rateSchema,
  /** Owed once, when the quantity enters the tier. Optional: most tiers have only a rate. */
  flat_amount: rateSchema.optional(),
  /** The tier is sold in packages of so many units, rounded up; `rate` is then a package's. Optional: most tiers count units. */
  package_size: quantityText.optional(),
})
const tiersSchema = z.array(tierSchema).min(1).max(64)
/** `every_period`: the first tier's flat amount is a fee of the period, owed at zero usage too. Optional: `on_entry`. */
const firstFlatSchema = z.enum(['on_entry', 'every_period']).optional()

/** One rate for every unit: the amount is quantity × rate ÷ per. */
const perUnitSchema = z.strictObject({
  model: z.literal('per_unit'),
  rate: rateSchema,
  per: perSchema,
})
/** Each tier its own rate; `up_to` is inclusive and ascending, the last tier has none. */
const graduatedSchema = z.strictObject({
  model: z.literal('graduated'),
  per: perSchema,
  tiers: tiersSchema,
  first_flat: firstFlatSchema,
})
/** The tier that holds the total prices all of it. */
const volumeSchema = z.strictObject({
  model: z.literal('volume'),
  per: perSchema,
  tiers: tiersSchema,
  first_flat: firstFlatSchema,
  /** `whole_units` finds the tier by the total rounded up. Optional: `quantity`. */
  tier_by: z.enum(['quantity', 'whole_units']).optional(),
})
/** Whole packages, each started one owed in full. */
const packageSchema = z.strictObject({
  model: z.literal('package'),
  size: quantityText,
  amount: rateSchema,
  free_units: quantityText.optional(),
})
/** Prices whose amount follows from the total alone. */
export const totalPriceSchemas = [perUnitSchema, graduatedSchema, volumeSchema, packageSchema] as const

/** What one event's amount is clamped to. Optional: no bound. */
const eventBounds = { event_min: rateSchema.optional(), event_max: rateSchema.optional() }
/** A share of each event's value and a fixed part, after what is free. */
const percentageSchema = z.strictObject({
  model: z.literal('percentage'),
  percent: rateSchema,
  fixed: rateSchema.optional(),
  free_events: z.int().nonnegative().max(1_000_000).optional(),
  free_value: quantityText.optional(),
  ...eventBounds,
})
/** The event carries its price. */
const dynamicSchema = z.strictObject({ model: z.literal('dynamic'), multiplier: rateSchema, ...eventBounds })
/** Provider cost and a margin; a margin of the model comes before the provider's, and that before the standard one. */
const costPlusSchema = z.strictObject({
  model: z.literal('cost_plus'),
  margin_percent: rateSchema,
  margins: z
    .array(
      z.strictObject({ provider: z.string().optional(), model: z.string().optional(), margin_percent: rateSchema }),
    )
    .max(1_000)
    .optional(),
  ...eventBounds,
})
/** An amount for each qualified outcome, a share of its value, or both; a dispute within the window takes it back. */
const outcomeSchema = z.strictObject({
  model: z.literal('outcome'),
  amount: rateSchema.optional(),
  share_percent: rateSchema.optional(),
  quality_min: quantityText.optional(),
  dispute_days: z.int().nonnegative().max(3_650),
  ...eventBounds,
})
/** Graduated over seats that come and go, each step at the share of the period that it lasts. */
const proratedGraduatedSchema = z.strictObject({
  model: z.literal('prorated_graduated'),
  per: perSchema,
  tiers: tiersSchema,
})
/** Prices whose amount follows from the events one by one. They stand in plans; a book that has one is refused. */
export const eventPriceSchemas = [
  percentageSchema,
  dynamicSchema,
  costPlusSchema,
  outcomeSchema,
  proratedGraduatedSchema,
] as const

/** What happens to a total before it is priced: converted, rounded, freed of its allowance. */
export const quantityRuleSchema = z.strictObject({
  convert: z.strictObject({ by: z.enum(['multiply', 'divide']), factor: rateSchema }).optional(),
  round: z.strictObject({ mode: z.enum(['up', 'down', 'half']), to: quantityText }).optional(),
  free: z.strictObject({ units: quantityText, per: z.enum(['workspace', 'agent']) }).optional(),
  /** A total below zero is a refund, or nothing. Optional: `mirror`. */
  below_zero: z.enum(['mirror', 'zero']).optional(),
})
/** What happens to an amount: discounted, capped; a minimum is settled when the period closes. */
export const amountRuleSchema = z.strictObject({
  discount_percent: rateSchema.optional(),
  max: rateSchema.optional(),
  min: z.strictObject({ amount: rateSchema, prorated: z.boolean().optional() }).optional(),
})
/** A virtual currency, and what one of it is worth in the book's. */
export const creditSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z][a-z0-9_]*$/)
    .max(48),
  rate: rateSchema,
})
