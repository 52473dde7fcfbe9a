import { z } from 'zod'
import { instantSchema, nanosSchema, workspaceIdSchema } from './primitives.ts'

/** A record of `portitor.ledger.posted.v1`: the events of one rated record that are now in the ledger. */
export const ledgerPostedSchema = z.object({
  posted_at: instantSchema.describe('When its transfers were committed.'),
  events: z.array(
    z.object({
      workspace_id: workspaceIdSchema,
      source: z.string(),
      id: z.string(),
      price_nanos: nanosSchema,
      revision: z
        .int()
        .positive()
        .optional()
        .describe('A correction of the event; `price_nanos` is the difference that it makes.'),
    }),
  ),
})
export type LedgerPosted = z.infer<typeof ledgerPostedSchema>
