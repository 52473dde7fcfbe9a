import { z } from 'zod'
import { instantSchema, workspaceIdSchema } from './primitives.ts'

/** A billing period by the instant it begins: `2026-11`, `2026-11-15`, `2026-11-15T09:30:00.000Z` (ADR 0022). Sorts by time. */
export const periodLabelSchema = z
  .string()
  .regex(/^\d{4}-\d{2}(-\d{2}(T\d{2}:\d{2}:\d{2}\.\d{3}Z)?)?$/)
  .refine(namesInstant, 'an instant of the years 1 to 9998, such as 2026-11 or 2026-11-15')

/** There is no 2026-13, and 2026-02-30 would be read as the second of March. */
function namesInstant(label: string): boolean {
  const ms = Date.parse(label)
  return label >= '0001' && label < '9999' && !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(label)
}

/** A record of `portitor.period.closed.v1`: what is rated in the period from now on is an adjustment. */
export const periodClosedSchema = z.object({
  workspace_id: workspaceIdSchema,
  period: periodLabelSchema,
  subscription_id: z.uuid().nullable(),
  starts_at: instantSchema,
  ends_at: instantSchema,
  closed_at: instantSchema,
})
export type PeriodClosed = z.infer<typeof periodClosedSchema>
