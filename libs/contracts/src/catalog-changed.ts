import { z } from 'zod'

/**
 * How a meter makes one quantity of many events (M-3): the sum, how many there are, the largest, how many different values
 * they have, or the quantity of the last one by (time, id).
 */
export const aggregationSchema = z.enum(['sum', 'count', 'max', 'unique', 'latest'])
export type Aggregation = z.infer<typeof aggregationSchema>

/**
 * A meter: a counted quantity, as data (M-3). An event of type `event_type` counts for it; `value` names the field of
 * `data` that holds the quantity, or for `unique` the value (absent for `count`, which counts one per event).
 */
export const meterSchema = z.object({
  /** `input_tokens`; a name ending in `:*` is completed from the field `name_from` (`outcome:*` → `outcome:meeting_booked`). */
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]*(:\*|:[a-z0-9_]+)?$/)
    .max(64),
  unit: z.string().max(32),
  event_type: z.string().max(128).describe('Type of the events it counts.'),
  aggregation: aggregationSchema.describe(
    'What makes one quantity of many events: their sum, their number, the largest, how many different values they have, or the quantity of the last one by (time, id).',
  ),
  value: z
    .string()
    .max(64)
    .optional()
    .describe('The field of `data` that holds the quantity, or for `unique` the value; none for `count`.'),
  name_from: z.string().max(64).optional().describe('The field that completes a name ending in `:*`.'),
  part_of: z
    .string()
    .max(64)
    .optional()
    .describe(
      'The meter it is a part of: it may not exceed that one, and is priced at its own rate (M-12). Sums alone have parts.',
    ),
  dimensions: z.array(z.string().max(64)).max(16),
})
export type Meter = z.infer<typeof meterSchema>

/** A record of `portitor.catalog.changed.v1`, keyed by `meter:<name>`, `book:<price|cost>` or `plan:<id>`. */
export const catalogChangedSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('meter'), meter: meterSchema }),
  z.object({ kind: z.literal('book'), book: z.enum(['price', 'cost']), version: z.int().positive() }),
  z.object({ kind: z.literal('plan'), plan: z.string(), version: z.int().positive() }),
])
export type CatalogChanged = z.infer<typeof catalogChangedSchema>
