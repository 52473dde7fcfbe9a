import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { currencySchema, instantSchema, nanosSchema, workspaceIdSchema } from './primitives.ts'
import { ratedUsageSchema } from './usage-rated.ts'

/** What usage can be grouped and filtered by. */
export const usageDimensions = [
  'workspace_id',
  'org_id',
  'team',
  'user_id',
  'agent_id',
  'workflow',
  'cost_center',
  'provider',
  'model',
  'region',
  'status',
] as const
export const usageDimensionSchema = z.enum(usageDimensions)
export type UsageDimension = z.infer<typeof usageDimensionSchema>

export const usageWindows = ['hour', 'day', 'month', 'total'] as const
export type UsageWindow = (typeof usageWindows)[number]

/** The meters of an answer where none is asked for. */
export const usualMeters = [
  'requests',
  'input_tokens',
  'cached_input_tokens',
  'cache_write_input_tokens',
  'audio_input_tokens',
  'image_input_tokens',
  'output_tokens',
  'reasoning_tokens',
  'audio_output_tokens',
] as const

/** A parameter that may be repeated, or hold several values separated by commas. */
const listOf = <Item>(item: z.ZodType<Item, string>, countMax: number) =>
  z
    .union([z.string(), z.array(z.string()).max(countMax)])
    .transform((given) => [...new Set([given].flat().flatMap((text) => text.split(',')))].filter((text) => text !== ''))
    .pipe(z.array(item).max(countMax))
/** A filter: one value, or several of which one has to match. Empty: usage that carries no such attribute. */
const filter = z
  .union([z.string().max(256), z.array(z.string().max(256)).max(100)])
  .transform((given) => [given].flat())
  .optional()
const meter = z.string().regex(/^[\w:.-]{1,128}$/, 'the name of a meter')

export const usageQuerySchema = z.strictObject({
  meter: listOf(meter, 32)
    .optional()
    .describe(`Repeated or separated by commas: ${usualMeters.join(', ')} unless said.`),
  from: instantSchema
    .optional()
    .describe('The first instant; 30 days before `to` unless said. Widened to a whole hour.'),
  to: instantSchema.optional().describe('The instant after the last; now unless said. Widened to a whole hour.'),
  window: z.enum(usageWindows).default('total').describe('Windows are in UTC.'),
  group_by: listOf(usageDimensionSchema, usageDimensions.length)
    .optional()
    .describe(`Repeated or separated by commas: ${usageDimensions.join(', ')}.`),
  workspace_id: z
    .union([workspaceIdSchema, z.array(workspaceIdSchema).max(100)])
    .transform((given) => [given].flat())
    .optional(),
  org_id: filter,
  team: filter,
  user_id: filter,
  agent_id: filter,
  workflow: filter,
  cost_center: filter,
  provider: filter,
  model: filter,
  region: filter,
  status: filter,
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(8192).optional().describe('`next_cursor` of the page before, with the same parameters.'),
})
export type UsageQuery = z.infer<typeof usageQuerySchema>

const count = z.int().nonnegative()
const money = {
  currency: currencySchema,
  price_nanos: nanosSchema,
  /** Operators only, as the margin: what the providers charge. */
  cost_nanos: nanosSchema.optional(),
  margin_nanos: nanosSchema.optional(),
}
const quantities = z
  .record(z.string(), z.string())
  .describe(
    'Quantity per meter asked for, as decimal text, by its aggregation (M-3): the sum, the largest, the number of different values, or that of the latest event. The last three do not add up over rows, and `totals` has them of all.',
  )
export const usageRowSchema = z.object({
  window_start: instantSchema,
  /** A value per dimension grouped by; null where the usage carried none. */
  group: z.partialRecord(usageDimensionSchema, z.string().nullable()),
  events: count,
  quantities,
  ...money,
})
export type UsageRow = z.infer<typeof usageRowSchema>
export const usageTotalSchema = z.object({ events: count, quantities, ...money })
export type UsageTotal = z.infer<typeof usageTotalSchema>
export const usageAnswerSchema = z
  .object({
    from: instantSchema,
    to: instantSchema,
    window: z.enum(usageWindows),
    /** Oldest window first; within it by the group's values, then by currency. */
    data: z.array(usageRowSchema),
    /** Over all pages, per currency. */
    totals: z.array(usageTotalSchema),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'Usage' })
export type UsageAnswer = z.infer<typeof usageAnswerSchema>

export const analyticsTotalsQuerySchema = z.strictObject({
  cut: z
    .string()
    .regex(
      /^(\d{1,5}:\d{1,18}(,\d{1,5}:\d{1,18}){0,1023})?$/,
      'partition:sequence, separated by commas, for example 0:123,1:456',
    )
    .default('')
    .describe('Up to and including which sequence of each partition; other partitions count as nothing.'),
})
export type AnalyticsTotalsQuery = z.infer<typeof analyticsTotalsQuerySchema>
export const analyticsTotalsSchema = z
  .object({
    /** Whether everything up to the cut is stored; where it is not, the sums are of what is. */
    reached: z.boolean(),
    /** Events of the records up to the cut. */
    events: count,
    currencies: z.array(z.object({ currency: currencySchema, price_nanos: nanosSchema, cost_nanos: nanosSchema })),
    /** All events that are stored. */
    events_stored: count,
  })
  .meta({ id: 'AnalyticsTotals' })
export type AnalyticsTotals = z.infer<typeof analyticsTotalsSchema>

export const exportQuerySchema = z.strictObject({
  from: instantSchema.describe('The events with a time in [from, to).'),
  to: instantSchema,
  workspace_id: workspaceIdSchema.optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(500),
  cursor: z.string().max(4_096).optional().describe('`next_cursor` of the page before, with the same parameters.'),
})
export type ExportQuery = z.infer<typeof exportQuerySchema>
/** An event as it was first rated, with its newest facts, and what it has come to owe and cost: corrections included. */
export const exportedUsageSchema = ratedUsageSchema
  .pick({
    workspace_id: true,
    source: true,
    id: true,
    type: true,
    time: true,
    org_id: true,
    user_id: true,
    agent_id: true,
    team: true,
    workflow: true,
    cost_center: true,
    provider: true,
    model: true,
    region: true,
    status: true,
    quantities: true,
    values: true,
    attributes: true,
    facts: true,
  })
  .extend({
    owed: z
      .array(z.object({ currency: currencySchema, price_nanos: nanosSchema, cost_nanos: nanosSchema }))
      .describe('Per currency, of which there is one unless a correction moved the event to another.'),
  })
  .meta({ id: 'ExportedUsage' })
export type ExportedUsage = z.infer<typeof exportedUsageSchema>
export const exportPageSchema = z.object({
  /** By workspace, time, source and id. */
  data: z.array(exportedUsageSchema),
  next_cursor: z.string().nullable(),
})
export type ExportPage = z.infer<typeof exportPageSchema>

export const analyticsEndpoints: readonly Endpoint[] = [
  {
    service: 'analytics',
    method: 'GET',
    path: '/api/v1/metering/usage',
    scope: 'usage:read',
    summary: 'Usage, price, cost and margin by window and dimension',
    description:
      'Straight from the rollups, which are seconds behind; the largest, the different and the latest of a meter from the rows themselves. With x-workspace-id: what that customer may see, which is its own usage and price, never cost or margin. Event times count, so usage of a replayed trace lies where the trace lies: give `from` and `to`. Each meter comes together by its aggregation within each row, and rows are of one currency; values of different workspaces are never the same one.',
    query: usageQuerySchema,
    answers: { 200: usageAnswerSchema },
    workspace: 'optional',
  },
  {
    service: 'analytics',
    method: 'GET',
    path: '/api/v1/analytics/totals',
    scope: 'operator',
    summary: 'Totals of what is stored of the rated log up to a cut',
    description: 'Waits up to 5 seconds until everything up to the cut is stored. For reconciliation.',
    query: analyticsTotalsQuerySchema,
    answers: { 200: analyticsTotalsSchema },
    workspace: 'none',
  },
  {
    service: 'analytics',
    method: 'GET',
    path: '/api/v1/analytics/rated_usages',
    scope: 'operator',
    summary: 'Rated events of a range with all that prices them again, page by page',
    description:
      'What back-tests read (R-8). Each event once, as it was first rated: a correction is no event, but what it made the event owe, and facts that came with it, are in.',
    query: exportQuerySchema,
    answers: { 200: exportPageSchema },
    workspace: 'none',
  },
]
