import { z } from 'zod'
import { bookContentSchema } from './book.ts'
import { rateSchema } from './charge-models.ts'
import { isStorable, storable } from './page.ts'
import { instantSchema } from './primitives.ts'
import { versionNote } from './versions.ts'

const name = z.string().min(1).max(256).refine(isStorable, storable)

/** A rate of a matrix that is another one now, per million. */
export const changedRateSchema = z.strictObject({
  provider: name,
  model: name,
  kind: z.string().min(1).max(64),
  rate: rateSchema,
  /** Which context band it is of. */
  input_over: z.int().nonnegative().default(0),
})
export type ChangedRate = z.infer<typeof changedRateSchema>

/** news of prices, as a whole book or as the rates that changed. */
export const priceUpdateSchema = z
  .strictObject({
    note: versionNote,
    content: bookContentSchema.optional(),
    rates: z.array(changedRateSchema).min(1).max(10_000).optional(),
    /** Where changed rates come from. Optional: a price update. */
    source: name.optional(),
    /** When changed rates are meant to hold from; publishing may say otherwise. Optional: now. */
    effective_from: instantSchema.optional(),
  })
  .refine(({ content, rates }) => (content === undefined) !== (rates === undefined), {
    error: 'either content, a whole book, or rates, those that changed',
    path: ['rates'],
  })
  .meta({ id: 'PriceUpdate' })
export type PriceUpdate = z.infer<typeof priceUpdateSchema>
