import {
  type AuditActor,
  type AuditRecorded,
  auditRecordedTopic,
  type Principal,
  type Topic,
} from '@portitor/contracts'
import type { Caller } from './caller.ts'

/** An action that was done, as its service tells it. `before` and `after` are public forms: no secret ever stands in them. */
export interface DoneAction {
  readonly service: string
  /** Whose log it belongs to; null: the operator's. */
  readonly workspaceId: string | null
  /** `book.published` */
  readonly action: string
  /** `book:price/3` */
  readonly target: string
  readonly before?: object
  readonly after?: object
}

interface AuditMessage {
  readonly topic: Topic
  readonly key: string | null
  readonly value: string
}

/** The message that puts an action into the audit log (C-1); it is published in the transaction that does the action. */
export function auditMessage(id: string, at: Date, caller: Caller, done: DoneAction): AuditMessage {
  return message(id, at, done, {
    actor: actorOf(caller.principal),
    address: caller.address,
    request_id: caller.requestId,
  })
}

/** The same for what a job of ours did by itself. */
export function systemAuditMessage(id: string, at: Date, done: DoneAction): AuditMessage {
  const actor: AuditActor = { kind: 'system', id: null, credential_id: null, on_behalf_of: [] }
  return message(id, at, done, { actor, address: null, request_id: null })
}

function message(
  id: string,
  at: Date,
  done: DoneAction,
  by: Pick<AuditRecorded, 'actor' | 'address' | 'request_id'>,
): AuditMessage {
  const record: AuditRecorded = {
    id,
    at: at.toISOString(),
    workspace_id: done.workspaceId,
    service: done.service,
    action: done.action,
    target: done.target,
    before: (done.before as AuditRecorded['before'] | undefined) ?? null,
    after: (done.after as AuditRecorded['after'] | undefined) ?? null,
    ...by,
    outcome: 'done',
    code: null,
  }
  return { topic: auditRecordedTopic, key: done.workspaceId, value: JSON.stringify(record) }
}

/** A sub-agent acts for the agents above it. */
export function actorOf(principal: Principal): AuditActor {
  return {
    kind: principal.kind,
    id: principal.id,
    credential_id: principal.credential_id,
    on_behalf_of: (principal.agent?.parents ?? []).map((id) => ({ kind: 'agent', id })),
  }
}
