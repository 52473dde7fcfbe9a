import type { AuditRecorded } from '@portitor/contracts'
import type { Caller } from '@portitor/identity'

/** What an entry tells beside who did it and when. `before` and `after` are public forms: no secret and no hash. */
export interface AuditedAction {
  readonly workspaceId: string | undefined
  readonly action: string
  readonly target: string | undefined
  readonly before?: object | undefined
  readonly after?: object | undefined
  /** The code of a refusal; without one it was done. */
  readonly refusedWith?: string
}

/** One entry of the audit log (C-1): who, on whose behalf, what, to what, from where. */
export function auditEntry(id: string, at: Date, caller: Caller, action: AuditedAction): AuditRecorded {
  const { principal } = caller
  return {
    id,
    at: at.toISOString(),
    workspace_id: action.workspaceId ?? null,
    service: 'auth',
    actor: {
      kind: principal.kind,
      id: principal.id,
      credential_id: principal.credential_id,
      // A sub-agent acts for the agents above it.
      on_behalf_of: (principal.agent?.parents ?? []).map((parent) => ({ kind: 'agent', id: parent })),
    },
    action: action.action,
    target: action.target ?? null,
    before: (action.before as AuditRecorded['before'] | undefined) ?? null,
    after: (action.after as AuditRecorded['after'] | undefined) ?? null,
    address: caller.address,
    request_id: caller.requestId,
    outcome: action.refusedWith === undefined ? 'done' : 'refused',
    code: action.refusedWith ?? null,
  }
}
