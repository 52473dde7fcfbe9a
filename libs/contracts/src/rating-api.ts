import { z } from 'zod'
import { billOperations } from './bill-api.ts'
import type { Endpoint } from './endpoint.ts'
import { backtestOperations } from './backtests-api.ts'
import { correctionOperations } from './corrections-api.ts'
import { periodOperations } from './periods-api.ts'
import { pricingOperations } from './pricing-api.ts'
import { isStorable, storable } from './page.ts'
import { currencySchema, instantSchema, nanosSchema, workspaceIdSchema } from './primitives.ts'

const storedName = z.string().min(1).max(256).refine(isStorable, storable)
const flag = z.enum(['true', 'false']).transform((text) => text === 'true')

export const rejectionIdPathSchema = z.object({ id: z.uuid() })
export const listRejectionsQuerySchema = z.strictObject({
  code: z.string().max(64).refine(isStorable, storable).optional(),
  replayed: flag.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(256).optional(),
})
export const storedRejectionSchema = z.object({
  rejection_id: z.uuid(),
  workspace_id: workspaceIdSchema.nullable(),
  source: z.string().nullable(),
  id: z.string().nullable(),
  code: z.string(),
  field: z.string().nullable(),
  detail: z.string(),
  rejected_by: z.string(),
  rejected_at: instantSchema,
  /** The event as it was sent: JSON text, or the record's bytes in base64. */
  event: z.string(),
  encoding: z.enum(['json', 'base64']),
  replayed_at: instantSchema.nullable(),
})
export const rejectionListSchema = z.object({
  data: z.array(storedRejectionSchema),
  next_cursor: z.string().nullable(),
})
/** A corrected event to send in place of the rejected one; without it the event is sent again as it was. */
export const replayRejectionSchema = z
  .strictObject({ event: z.record(z.string(), z.unknown()).optional() })
  .prefault({})
export const replayedRejectionSchema = z.object({ rejection_id: z.uuid(), replayed_at: instantSchema })

export const eventStatusQuerySchema = z.strictObject({
  source: storedName,
  id: storedName,
})
export const eventStatusSchema = z.object({
  source: z.string(),
  id: z.string(),
  status: z.enum(['rated', 'posted', 'rejected']),
  rated_at: instantSchema.optional(),
  posted_at: instantSchema.optional(),
  rejected_at: instantSchema.optional(),
  /** Version of the price book it was rated with. */
  version: z.int().optional(),
  /** How often it was corrected; absent: never. */
  revision: z.int().positive().optional(),
  currency: currencySchema.optional(),
  price_nanos: nanosSchema.optional(),
  rejection_id: z.uuid().optional(),
  reason: z.object({ code: z.string(), field: z.string().nullable(), detail: z.string() }).optional(),
})

export const cutQuerySchema = z.strictObject({
  cut: z
    .string()
    .regex(/^(\d{1,5}:\d{1,18}(,\d{1,5}:\d{1,18}){0,4095})?$/)
    .default(''),
})
const count = z.int().nonnegative()
export const ratingTotalsSchema = z.object({
  accepted: count,
  duplicates: count,
  rejected: count,
  rated: count,
  unread: count,
  at_cut: z.object({
    events: count,
    currencies: z.array(z.object({ currency: currencySchema, price_nanos: nanosSchema, cost_nanos: nanosSchema })),
  }),
})

const service = 'rating'
export const ratingEndpoints: readonly Endpoint[] = [
  {
    service,
    method: 'GET',
    path: '/api/v1/metering/rejected',
    scope: 'metering:read',
    summary: 'Dead letters, newest first',
    query: listRejectionsQuerySchema,
    answers: { 200: rejectionListSchema },
    workspace: 'optional',
  },
  {
    service,
    method: 'POST',
    path: '/api/v1/metering/rejected/{id}/replay',
    scope: 'metering:write',
    summary: 'Send a rejected event again, as it was or corrected',
    body: replayRejectionSchema,
    answers: { 202: replayedRejectionSchema },
    workspace: 'optional',
  },
  {
    service,
    method: 'GET',
    path: '/api/v1/metering/events',
    scope: 'metering:read',
    summary: 'Where is event X: rated, posted or rejected, with its time and version',
    query: eventStatusQuerySchema,
    answers: { 200: eventStatusSchema },
    workspace: 'required',
  },
  ...pricingOperations,
  ...periodOperations,
  ...correctionOperations,
  ...billOperations,
  ...backtestOperations,
  {
    service,
    method: 'GET',
    path: '/api/v1/rating/totals',
    scope: 'operator',
    summary: 'Counts of the recorded log and totals of the rated log at a cut (partition:sequence, comma separated)',
    query: cutQuerySchema,
    answers: { 200: ratingTotalsSchema },
    workspace: 'none',
  },
]
