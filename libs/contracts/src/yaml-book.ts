import { z } from 'zod'

// YAML knows no decimals, so its scalars are read as text: whether 0.03 is written with quotes makes no difference.
const limit = z
  .string()
  .regex(/^\d{1,18}(\.\d{1,9})?$/, 'a number of tokens above 0 in plain digits, such as 1000000')
  .describe('The last unit of the tier, counted from the first of the period; null or absent for the last tier.')
const rate = z
  .string()
  .regex(
    /^\d{1,9}(\.\d{1,18})?$/,
    'a rate ≥ 0 in plain digits, such as 0.03, with at most 9 before the point and 18 after it',
  )
  .describe("What 1,000 tokens cost in units of the book's currency.")
const yamlTierSchema = z.strictObject({ limit: limit.nullish(), rate_per_1k: rate })
export type YamlTier = z.infer<typeof yamlTierSchema>
const tiers = z.array(yamlTierSchema).min(1, 'at least one tier').max(64, 'at most 64 tiers')
const yamlModelSchema = z.strictObject({ input_tiers: tiers.optional(), output_tiers: tiers.optional() })
const quota = z
  .string()
  .regex(/^\d{1,18}(\.\d{1,9})?$/, 'a number ≥ 0 in plain digits')
  .nullish()

/** The common YAML of prices and quotas. */
export const yamlBookSchema = z
  .strictObject({
    version: z.string().min(1).max(64).optional(),
    models: z.record(z.string().min(1).max(256), yamlModelSchema),
    quotas: z.record(z.string(), z.strictObject({ daily_limit: quota, monthly_limit: quota })).optional(),
  })
  .meta({ id: 'YamlBook' })
export type YamlBook = z.infer<typeof yamlBookSchema>
