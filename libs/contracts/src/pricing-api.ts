import { z } from 'zod'
import { bookSideSchema } from './book.ts'
import type { Endpoint } from './endpoint.ts'
import { isStorable, storable } from './page.ts'
import { periodLabelSchema } from './period-closed.ts'
import { currencySchema, instantSchema, nanosSchema, quantitySchema } from './primitives.ts'
import { usageDataSchema } from './usage-recorded.ts'

const lineSchema = z.object({
  side: bookSideSchema,
  charge: z.string(),
  plan: z.string().optional().describe('The plan or add-on the charge is from; absent: the price book.'),
  version: z.int(),
  segment: z.string(),
  cell: z.string(),
  /** Cumulative quantity of the segment before and after the event. */
  q0: z.string(),
  q1: z.string(),
  /** Counted from 1; null where one rate holds for every unit. */
  tier: z.int().positive().nullable(),
  rate: z.string(),
  per: z.string(),
  amount_nanos: nanosSchema,
  text: z.string(),
})
export type PricedLine = z.infer<typeof lineSchema>

export const explainPathSchema = z.object({ event: z.string().min(1).max(256).refine(isStorable, storable) })
export const explainQuerySchema = z.strictObject({ source: z.string().min(1).max(256).refine(isStorable, storable) })
export const explanationSchema = z.object({
  source: z.string(),
  id: z.string(),
  time: instantSchema,
  currency: currencySchema,
  price_nanos: nanosSchema.describe('What the event owes in all, corrections included.'),
  subscription_id: z.uuid().optional().describe('The subscription that it was priced by; absent: the price book.'),
  period: periodLabelSchema.describe('The billing period that it is in.'),
  /** As it was last priced. */
  lines: z.array(lineSchema),
  transfers: z
    .array(
      z.object({
        id: z.uuid(),
        charge: z.string().nullable(),
        debit_account: z.string(),
        credit_account: z.string(),
        amount_nanos: nanosSchema,
        recorded_at: instantSchema,
      }),
    )
    .nullable()
    .describe(
      'What the ledger has posted of it so far, corrections included: nothing of what owes nothing. null: the ledger did not answer.',
    ),
  /** Optional: most events are never corrected. Oldest first. */
  corrections: z
    .array(
      z.object({
        revision: z.int().positive(),
        corrected_at: instantSchema,
        reason: z.string(),
        reversed_nanos: nanosSchema.describe('What was taken back of the segments it was in, mostly below zero.'),
        price_nanos: nanosSchema.describe('What it owes in the segments it is in since.'),
      }),
    )
    .optional(),
})

/** One usage as it stands in `data` of a usage event, beside it what the event would say of itself. Judged like an event, not by this schema. */
export const estimateUsageSchema = usageDataSchema
  .extend({
    type: z.string().max(128).optional().describe('The type of the event; `tokens.consumed` unless said.'),
    time: instantSchema
      .optional()
      .describe('When it would happen: now unless said; a later time is priced by what is published for it.'),
  })
  .meta({ id: 'UsageToEstimate' })
export const estimateSchema = z
  .object({
    /** As the first usage of its period: every counter at zero. Later in the period tiers may lead to another amount. */
    basis: z.literal('first_of_period'),
    type: z.string(),
    time: instantSchema,
    currency: currencySchema,
    /** Of the price book in force at `time`. */
    version: z.int().positive(),
    price_nanos: nanosSchema,
    cost_nanos: nanosSchema.optional().describe('For operators over the whole system only, as are lines of cost.'),
    margin_nanos: nanosSchema.optional().describe('Price less cost; for operators over the whole system only.'),
    lines: z.array(lineSchema.extend({ quantity: quantitySchema.describe('What this line prices: q1 less q0.') })),
  })
  .meta({ id: 'Estimate' })
export type EstimateAnswer = z.infer<typeof estimateSchema>

/** What rating answers about single usages: before the fact and after it. */
export const pricingOperations: readonly Endpoint[] = [
  {
    service: 'rating',
    method: 'GET',
    path: '/api/v1/pricing/explain/{event}',
    scope: 'pricing:read',
    summary: 'Every cent of an event: version, charge, quantities before and after, rates, amount',
    query: explainQuerySchema,
    answers: { 200: explanationSchema },
    workspace: 'required',
  },
  {
    service: 'rating',
    method: 'POST',
    path: '/api/v1/pricing/estimate',
    scope: 'pricing:read',
    summary: 'What a usage would cost, now or at a given time, by the code that rates; nothing is recorded',
    description:
      'Refused with the codes of a rejected event and its `field`: 400 where the usage cannot be right, 422 where no book prices it. An operator without x-workspace-id sees cost and margin too.',
    body: estimateUsageSchema,
    answers: { 200: estimateSchema },
    workspace: 'optional',
  },
]
