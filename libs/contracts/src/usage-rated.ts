import { z } from 'zod'
import { currencySchema, instantSchema, nanosSchema, quantitySchema, workspaceIdSchema } from './primitives.ts'
import { periodLabelSchema } from './period-closed.ts'
import { agentStatusSchema } from './usage-recorded.ts'

/** What one charge of one book makes of an event: the difference F(q₁) − F(q₀) of its segments, so it may be negative or zero. */
export const ratedChargeSchema = z.object({
  side: z.enum(['price', 'cost']).describe('What the customer owes, or what the provider charges.'),
  charge: z.string().describe('Id of the charge in its book.'),
  plan: z.string().optional().describe('The plan or add-on the charge stands in; absent: in the price or cost book.'),
  version: z.int().positive().describe("Version of the plan or book that was in force at the event's time (R-4)."),
  amount_nanos: nanosSchema.describe('F(q₁) − F(q₀): may be zero or negative (R-2).'),
})
export type RatedCharge = z.infer<typeof ratedChargeSchema>

/** What prices by event look at beside quantities. What most events lack is left out. */
export const ratedFactsSchema = z.object({
  value: quantitySchema.optional().describe('What an outcome is worth, in the currency of its price.'),
  quality: quantitySchema.optional(),
  success: z.literal(false).optional().describe('The event says that it was none.'),
  disputed_at: instantSchema.optional().describe('When the customer disputed it.'),
  unreadable: z
    .enum(['value', 'quality'])
    .optional()
    .describe('A field that says something, and nothing that can be read.'),
})
export type RatedFacts = z.infer<typeof ratedFactsSchema>

/** A usage event with price and cost attached. Attributes are absent where the event did not carry them. */
export const ratedUsageSchema = z.object({
  workspace_id: workspaceIdSchema,
  source: z.string(),
  id: z.string(),
  type: z.string(),
  time: instantSchema,
  rated_at: instantSchema,
  org_id: z.string().optional(),
  user_id: z.string().optional(),
  agent_id: z.string().optional(),
  /** Optional, because it is said only of an agent that was not active: what it used is recorded all the same (I-6). */
  agent_status: agentStatusSchema
    .optional()
    .describe('The agent, or one above it, was not active when this was recorded.'),
  team: z.string().optional(),
  workflow: z.string().optional(),
  cost_center: z.string().optional(),
  provider: z.string().optional(),
  model: z.string().optional(),
  region: z.string().optional(),
  status: z.string().optional(),
  latency_ms: z.number().optional(),
  quantities: z
    .record(z.string(), quantitySchema)
    .describe('Quantity per meter; parts (`cached_input_tokens`) are included in their totals (`input_tokens`).'),
  /** Optional: only meters that count different values have any. */
  values: z
    .record(z.string(), z.string())
    .optional()
    .describe('Per meter of aggregation `unique`: the value that the event has.'),
  /** Optional: written only where there is any. With them the event can be priced again from this record. */
  attributes: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      'What the event said of itself beyond the fields above, its `request_id` aside; and `provider` and `model` as it named them where another name was priced, empty where it named none.',
    ),
  /** Optional: only outcomes and the like have any. */
  facts: ratedFactsSchema.optional(),
  period: periodLabelSchema.optional().describe('Billing period of its time; absent: the calendar month in UTC.'),
  billed_in: periodLabelSchema
    .optional()
    .describe('An adjustment: its period was closed, and this is the one it is billed in (M-8).'),
  subscription_id: z.uuid().optional().describe('The subscription at its time; absent: none.'),
  /** Optional: most events are rated once. */
  revision: z
    .int()
    .positive()
    .optional()
    .describe(
      'A correction of the event (R-9), counted from 1: one record takes back what it owed, one says what it owes instead. Neither has quantities nor counts as an event.',
    ),
  reverses: z
    .literal(true)
    .optional()
    .describe('This record of a correction takes back: its amounts are those of the reversal.'),
  currency: currencySchema,
  price_nanos: nanosSchema.describe('Sum of the charges of the price.'),
  cost_nanos: nanosSchema.describe('Sum of the charges of the cost.'),
  charges: z.array(ratedChargeSchema),
})
export type RatedUsage = z.infer<typeof ratedUsageSchema>

/** A record of `portitor.usage.rated.v1`: the rated events of one source batch that belong to one partition. */
export const usageRatedSchema = z.object({ events: z.array(ratedUsageSchema).min(1) })
export type UsageRated = z.infer<typeof usageRatedSchema>
