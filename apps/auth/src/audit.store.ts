import type { AuditRecorded } from '@portitor/contracts'
import type { Queryable } from '@portitor/postgres'

/** Appends to the audit log inside the transaction of the action (ADR 0018). The log itself is not built yet: nothing is kept. */
export async function appendAudit(_tx: Queryable, _entries: readonly AuditRecorded[]): Promise<void> {
  return undefined
}
