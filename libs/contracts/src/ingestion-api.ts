import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { instantSchema, quantitySchema, workspaceIdSchema } from './primitives.ts'
import { usageRecordedSchema } from './usage-recorded.ts'

/** The plain form of a usage event (M-1). Fields of `data` (`model`, `workflow`, …) may stand in `metadata` or beside it. */
export const plainUsageEventSchema = z
  .looseObject({
    event_type: z.string().min(1).max(128).describe('The type of an event, or the name of a meter.'),
    agent_id: z.string().max(256).optional(),
    quantity: z
      .union([z.int().nonnegative(), quantitySchema])
      .optional()
      .describe('Of `tokens.consumed`: its input tokens. Elsewhere: of the one meter that sums events of this type.'),
    metadata: z.record(z.string(), z.unknown()).optional(),
    idempotency_key: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe('Without it the server gives an id, and sending the event again counts it again.'),
    time: instantSchema.optional(),
    workspace_id: workspaceIdSchema.optional(),
  })
  .meta({ id: 'PlainUsageEvent' })
export type PlainUsageEvent = z.infer<typeof plainUsageEventSchema>

const usageEventSchema = z.union([usageRecordedSchema, plainUsageEventSchema])

/** What became of one event of a request. */
export const recordedResultSchema = z
  .object({
    /** Its place in the request, from 0. */
    index: z.int().nonnegative(),
    /** Its id, the one the server gave where the client gave none; null where it has none. */
    id: z.string().nullable(),
    status: z.enum(['accepted', 'duplicate', 'rejected']),
    code: z.string().optional(),
    field: z.string().optional(),
    detail: z.string().optional(),
  })
  .meta({ id: 'RecordedResult' })
export type RecordedResult = z.infer<typeof recordedResultSchema>

export const recordAnswerSchema = z
  .object({
    accepted: z.int().nonnegative(),
    duplicates: z.int().nonnegative(),
    rejected: z.int().nonnegative(),
    /** One for each event, in the order of the request. */
    results: z.array(recordedResultSchema),
  })
  .meta({ id: 'RecordAnswer' })
export type RecordAnswer = z.infer<typeof recordAnswerSchema>

export const ingestionEndpoints: readonly Endpoint[] = [
  {
    service: 'ingestion',
    method: 'POST',
    path: '/api/v1/metering/events',
    scope: 'metering:write',
    summary: 'Record usage events',
    description: `One event or up to 1,000 of them, at most 64 KiB each and 1 MiB together. Each is judged alone: 202 if any was accepted or is a duplicate, else the status of the first rejection as a problem with the same members.
202 means durable: what is accepted is in the log. 503 promises nothing: send the same events again, what had arrived counts once.
An event is the same if workspace, \`source\` and \`id\` are; the same id with another payload is refused with 409 \`event.id_conflict\`.
What the credential of an agent reports is of that agent: \`data.agent_id\` is set where it is absent, and another's is refused with 403 \`agent.not_own\`.
CloudEvents 1.0 may also be sent in binary mode: the attributes as \`ce-*\` headers, the data as \`application/json\`.`,
    body: z.union([usageEventSchema, z.array(usageEventSchema).min(1).max(1_000)]),
    bodyTypes: ['application/json', 'application/cloudevents+json', 'application/cloudevents-batch+json'],
    answers: { 202: recordAnswerSchema },
    workspace: 'optional',
  },
]
