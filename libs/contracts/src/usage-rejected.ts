import { z } from 'zod'
import { instantSchema } from './primitives.ts'

/** Why an event was refused: a stable code, the field it lies in, what was expected there. */
export const rejectionSchema = z.object({
  code: z.string().describe('Stable; listed in docs/errors.md.'),
  field: z.string().optional().describe('Where the fault lies.'),
  detail: z.string().describe('For people: what was expected there.'),
})
export type Rejection = z.infer<typeof rejectionSchema>

/** A record of `portitor.usage.rejected.v1`: the dead letter of one event, with everything needed to replay it (M-7). */
export const usageRejectedSchema = z.object({
  rejection_id: z.uuid().describe('Derived from where the event stood in the log, so a repeat is the same letter.'),
  workspace_id: z.uuid().optional(),
  source: z.string().optional(),
  id: z.string().optional(),
  reason: rejectionSchema,
  rejected_at: instantSchema,
  rejected_by: z.string().describe('The service that refused it.'),
  origin: z
    .object({ topic: z.string(), partition: z.int(), offset: z.string(), index: z.int() })
    .describe('Where it stood in the log; `index` is its place in the record.'),
  event: z.string().describe("The event as JSON text, or where it is no JSON the record's bytes in base64."),
  encoding: z.enum(['json', 'base64']),
})
export type UsageRejected = z.infer<typeof usageRejectedSchema>
