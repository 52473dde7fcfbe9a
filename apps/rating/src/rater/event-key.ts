import type { FreshUsage } from './ratable-usage.ts'

/** The key of an event within the whole system: (workspace, source, id) (M-5). */
export function eventKey(event: { workspaceId: string; source: string; id: string }): string {
  return `${event.workspaceId}\n${event.source}\n${event.id}`
}

/** The payload's hash as 32 hexadecimal digits. */
export function hashText(event: Pick<FreshUsage, 'payloadHash'>): string {
  return event.payloadHash.toString('hex')
}
