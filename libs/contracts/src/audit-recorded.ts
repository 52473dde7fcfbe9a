import { z } from 'zod'
import { instantSchema, workspaceIdSchema } from './primitives.ts'

/** Who did it: a principal, or the system itself. On whose behalf is told from the nearest to the first. */
export const auditActorSchema = z.object({
  kind: z.enum(['operator', 'user', 'api_key', 'agent', 'anonymous', 'system']),
  id: z.string().nullable(),
  credential_id: z.uuid().nullable(),
  on_behalf_of: z.array(z.object({ kind: z.string(), id: z.string() })),
})
export type AuditActor = z.infer<typeof auditActorSchema>

/** A record of `portitor.audit.recorded.v1`: one administrative or security action (C-1). No secret ever stands in it. */
export const auditRecordedSchema = z.object({
  /** uuid v7, given by the service where it happened; a repeat is recorded once. */
  id: z.uuid(),
  at: instantSchema,
  /** Whose log it belongs to; null: the operator's. */
  workspace_id: workspaceIdSchema.nullable(),
  service: z.string(),
  actor: auditActorSchema,
  /** `api_key.created`, `agent.suspended`, `credential.refused`, `book.published` … */
  action: z.string().regex(/^[a-z_]+\.[a-z_]+$/),
  /** What it was done to: `api_key:<id>`. */
  target: z.string().max(256).nullable(),
  /** The public form before and after; null where there is none. */
  before: z.record(z.string(), z.unknown()).nullable(),
  after: z.record(z.string(), z.unknown()).nullable(),
  address: z.string().nullable(),
  request_id: z.string().nullable(),
  outcome: z.enum(['done', 'refused', 'failed']),
  /** The code of a refusal. */
  code: z.string().nullable(),
})
export type AuditRecorded = z.infer<typeof auditRecordedSchema>
