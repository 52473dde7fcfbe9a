import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { idPathSchema, isStorable, pageOf, pageQuerySchema, storable } from './page.ts'
import { instantSchema, nanosSchema, workspaceIdSchema } from './primitives.ts'

/** Shown with the correction to the customer whose event it is. */
const reason = z.string().trim().min(1).max(512).refine(isStorable, storable)
const version = z.int().positive().max(2_147_483_647)

export const reratingIdPathSchema = idPathSchema
export const rerateSchema = z
  .strictObject({
    /** The events with a time in [from, to). */
    from: instantSchema,
    to: instantSchema,
    /** Published versions that price the range in place of those in force at each event's time. Optional: those in force. */
    price_version: version.optional(),
    cost_version: version.optional(),
    /** Holds for the events of workspaces that subscribe to the plan. */
    plan: z.strictObject({ plan: z.string().max(48), version }).optional(),
    reason,
  })
  .meta({ id: 'Rerate' })
export type Rerate = z.infer<typeof rerateSchema>

export const reratingSchema = z
  .object({
    id: z.uuid(),
    workspace_id: workspaceIdSchema.nullable().describe('null: of all workspaces.'),
    from: instantSchema,
    to: instantSchema,
    price_version: version.optional(),
    cost_version: version.optional(),
    plan: z.object({ plan: z.string(), version }).optional(),
    reason: z.string(),
    status: z.enum(['running', 'done', 'failed']),
    error: z.string().nullable(),
    progress: z.number().min(0).max(1).describe('The share of the rated log that was looked through.'),
    events: z.int().nonnegative().describe('Events of the range.'),
    corrected: z.int().nonnegative().describe('Events that owe or cost something else now, or are in another period.'),
    refused: z.int().nonnegative().describe('Events that the versions do not price: they stay as they were.'),
    refusals: z.array(
      z.object({
        workspace_id: workspaceIdSchema,
        source: z.string(),
        id: z.string(),
        code: z.string(),
        detail: z.string(),
      }),
    ),
    price_nanos: nanosSchema.describe('What the corrections add to the price; below zero where less is owed.'),
    cost_nanos: nanosSchema,
    created_at: instantSchema,
    finished_at: instantSchema.nullable(),
  })
  .meta({ id: 'Rerating' })
export type ReratingAnswer = z.infer<typeof reratingSchema>

export const disputeSchema = z
  .strictObject({
    source: z.string().min(1).max(256).refine(isStorable, storable),
    id: z.string().min(1).max(256).refine(isStorable, storable),
    /** When it was disputed; now unless said, never later, and not before the event. */
    at: instantSchema.optional(),
    reason,
  })
  .meta({ id: 'Dispute' })
export const disputedSchema = z
  .object({
    source: z.string(),
    id: z.string(),
    disputed_at: instantSchema,
    revision: z.int().positive(),
    price_nanos: nanosSchema.describe(
      'What the dispute takes back: below zero, or zero while a maximum of the charge owes as much without the event.',
    ),
  })
  .meta({ id: 'Disputed' })
export type Disputed = z.infer<typeof disputedSchema>

const service = 'rating'
/** Corrections of what was rated. */
export const correctionOperations: readonly Endpoint[] = [
  {
    service,
    method: 'POST',
    path: '/api/v1/pricing/reratings',
    scope: 'operator',
    summary: 'Rate a range of time again, in the background: reversals and new transfers, never edits',
    description:
      'Without versions by what is in force at each event’s time: after a backdated publication, say. With x-workspace-id only that workspace. The same `idempotency-key` again answers the first.',
    headers: { 'idempotency-key': 'Up to 255 visible characters: the same key is the same re-rating.' },
    body: rerateSchema,
    answers: { 202: reratingSchema },
    workspace: 'optional',
  },
  {
    service,
    method: 'GET',
    path: '/api/v1/pricing/reratings',
    scope: 'operator',
    summary: 'Re-ratings, newest first',
    query: pageQuerySchema,
    answers: { 200: pageOf(reratingSchema) },
    workspace: 'none',
  },
  {
    service,
    method: 'GET',
    path: '/api/v1/pricing/reratings/{id}',
    scope: 'operator',
    summary: 'How far a re-rating is, and what it has changed',
    answers: { 200: reratingSchema },
    workspace: 'none',
  },
  {
    service,
    method: 'POST',
    path: '/api/v1/metering/disputes',
    scope: 'billing:write',
    summary: 'Dispute an outcome: within its window what it owed is taken back',
    description: 'A dispute that is too late, or of an event that owes nothing by its outcome, is refused with 409.',
    body: disputeSchema,
    answers: { 200: disputedSchema },
    workspace: 'required',
  },
]
