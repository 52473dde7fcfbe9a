import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { periodLabelSchema } from './period-closed.ts'
import { currencySchema, instantSchema, nanosSchema, workspaceIdSchema } from './primitives.ts'
import { subscriptionPhaseSchema } from './subscription-changed.ts'

export const billQuerySchema = z.strictObject({
  period: z
    .union([periodLabelSchema, instantSchema], {
      error: 'a billing period such as 2026-11, or an instant inside of it',
    })
    .optional()
    .describe('The name of a billing period, or an instant inside of it; the current one unless said.'),
})

export const billLineSchema = z.object({
  kind: z
    .enum(['fee', 'usage', 'minimum', 'commitment', 'adjustment'])
    .describe('adjustment: usage of an earlier period that was rated after its close.'),
  id: z.string().describe('Of the fee, or of the charge; `commitment`.'),
  plan: z.string().optional().describe('The plan or add-on that it is by; absent: the price book.'),
  /** `in_advance`: due when the period begins. */
  due: z.enum(['in_advance', 'in_arrears']),
  amount_nanos: nanosSchema,
  text: z.string().optional().describe('How it is counted, for people; absent where the events say it.'),
})

const version = z.int().positive()
export const billSchema = z
  .object({
    workspace_id: workspaceIdSchema,
    period: periodLabelSchema,
    starts_at: instantSchema,
    ends_at: instantSchema,
    status: z
      .enum(['open', 'over', 'closed'])
      .describe(
        'open: not over yet. over: no later event is in it. closed: what is still rated in it is an adjustment.',
      ),
    subscription_id: z.uuid().nullable(),
    plan: z
      .object({
        plan: z.string(),
        version,
        state: subscriptionPhaseSchema.shape.state,
        seats: subscriptionPhaseSchema.shape.seats,
        add_ons: z.array(z.object({ plan: z.string(), version })),
      })
      .nullable()
      .describe('What is subscribed to now, or was at the end of the period; null: nothing, the price book prices.'),
    currency: currencySchema,
    lines: z.array(billLineSchema),
    total_nanos: nanosSchema,
  })
  .meta({ id: 'Bill' })
export type BillAnswer = z.infer<typeof billSchema>

/** What a billing period comes to so far (B-8). */
export const billOperations: readonly Endpoint[] = [
  {
    service: 'rating',
    method: 'GET',
    path: '/api/v1/pricing/bill',
    scope: 'billing:read',
    summary: 'What a billing period of a workspace comes to so far: fees, usage, minimums and the commitment',
    description:
      'Before the invoice exists. Minimums and the commitment are what would be owed if nothing more were used. Prices only, never what the usage costs.',
    query: billQuerySchema,
    answers: { 200: billSchema },
    workspace: 'required',
  },
]
