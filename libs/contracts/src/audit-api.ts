import { z } from 'zod'
import { auditRecordedSchema } from './audit-recorded.ts'
import type { Endpoint } from './endpoint.ts'
import { isStorable, pageOf, pageParameters, storable } from './page.ts'
import { instantSchema } from './primitives.ts'

/** An entry of the audit log: what was recorded, its place in its chain, and the hashes that hold the chain together. */
export const auditEntrySchema = auditRecordedSchema
  .extend({
    sequence: z.string().regex(/^\d+$/).describe('Counted from 1, without gaps, per workspace.'),
    previous_hash: z.string().describe('SHA-256 of the entry before, in hex; of the first one 64 zeros.'),
    hash: z.string(),
  })
  .meta({ id: 'AuditEntry' })
export type AuditEntry = z.infer<typeof auditEntrySchema>

const filters = {
  action: z.string().max(128).refine(isStorable, storable).optional(),
  actor_id: z.string().max(128).refine(isStorable, storable).optional(),
  target: z.string().max(256).refine(isStorable, storable).optional(),
  from: instantSchema.optional(),
  to: instantSchema.optional(),
}
export const listAuditQuerySchema = z.strictObject({ ...filters, ...pageParameters })
export type ListAuditQuery = z.infer<typeof listAuditQuerySchema>
export const exportAuditQuerySchema = z.strictObject(filters)
export type ExportAuditQuery = z.infer<typeof exportAuditQuerySchema>

export const auditVerificationSchema = z
  .object({
    ok: z.boolean(),
    /** Entries looked at. */
    entries: z.int(),
    chains: z.array(
      z.object({
        workspace_id: z.uuid().nullable(),
        entries: z.int(),
        /** The last hash: kept elsewhere, it proves later that nothing before it was changed. */
        head_hash: z.string(),
        /** The first entry that does not fit, and why; null where all do. */
        broken: z.object({ sequence: z.string(), reason: z.string() }).nullable(),
      }),
    ),
  })
  .meta({ id: 'AuditVerification' })
export type AuditVerification = z.infer<typeof auditVerificationSchema>

const audit = { service: 'auth', workspace: 'optional', scope: 'audit:read', method: 'GET' } as const

/** The audit log (C-1). */
export const auditOperations: readonly Endpoint[] = [
  {
    ...audit,
    path: '/api/v1/audit',
    summary: 'List administrative and security actions, newest first',
    query: listAuditQuerySchema,
    answers: { 200: pageOf(auditEntrySchema) },
  },
  {
    ...audit,
    path: '/api/v1/audit/verify',
    summary: 'Recompute the hash chains and say whether anything was changed, removed or inserted',
    answers: { 200: auditVerificationSchema },
  },
  {
    ...audit,
    path: '/api/v1/audit/export',
    summary: 'Stream the log as JSON lines, with the hashes that prove it',
    query: exportAuditQuerySchema,
    answers: { 200: z.string() },
    answerTypes: ['application/x-ndjson'],
  },
]
