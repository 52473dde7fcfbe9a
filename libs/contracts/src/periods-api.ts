import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { pageOf, pageQuerySchema } from './page.ts'
import { periodLabelSchema } from './period-closed.ts'
import { instantSchema } from './primitives.ts'

export const periodPathSchema = z.strictObject({ period: periodLabelSchema })
export const closedPeriodSchema = z
  .object({
    period: periodLabelSchema,
    subscription_id: z
      .uuid()
      .nullable()
      .describe('The subscription whose period it is; null: a calendar month without one.'),
    starts_at: instantSchema,
    ends_at: instantSchema,
    closed_at: instantSchema,
  })
  .meta({ id: 'ClosedPeriod' })
export type ClosedPeriodAnswer = z.infer<typeof closedPeriodSchema>

/** Billing periods of a workspace and their close (M-8). */
export const periodOperations: readonly Endpoint[] = [
  {
    service: 'rating',
    method: 'GET',
    path: '/api/v1/pricing/periods',
    scope: 'billing:read',
    summary: 'The closed billing periods of a workspace, newest first',
    query: pageQuerySchema,
    answers: { 200: pageOf(closedPeriodSchema) },
    workspace: 'required',
  },
  {
    service: 'rating',
    method: 'POST',
    path: '/api/v1/pricing/periods/{period}/close',
    scope: 'operator',
    summary: 'Close a billing period of a workspace for good',
    description:
      'What was rated in the period before the answer is in it; what is rated in it afterwards is an adjustment, billed in the period of its receipt. The period has to be over. Closing it again changes nothing.',
    answers: { 200: closedPeriodSchema },
    workspace: 'required',
  },
]
