import type { AuditRecorded, Principal } from '@portitor/contracts'
import { actorOf } from './audit-message.ts'

/** Credentials told one by one; what more of them were refused at the same time is told together. */
const credentialsMax = 1_000

/** A call whose credential was good and lacked the scope. */
export interface RefusedScope {
  readonly principal: Principal
  /** Undefined: it named none, on an endpoint that is about none. */
  readonly workspaceId: string | undefined
  readonly scope: string
  readonly address: string
  readonly requestId: string
}

interface Count {
  last: RefusedScope
  /** The scopes are those of endpoints, so there are few. */
  readonly scopes: Map<string, number>
}

/**
 * Refused scopes by credential and workspace since they were last taken (C-1): whoever tries again and again makes one entry
 * each time they are taken, with the count, and cannot flood the audit log.
 */
export class RefusedScopes {
  #counts = new Map<string, Count>()
  #others = 0

  add(refused: RefusedScope): void {
    const { principal, workspaceId, scope } = refused
    const name = `${principal.kind} ${principal.credential_id ?? principal.id} ${workspaceId ?? ''}`
    let count = this.#counts.get(name)
    if (count === undefined) {
      if (this.#counts.size >= credentialsMax) {
        this.#others += 1
        return
      }
      count = { last: refused, scopes: new Map() }
      this.#counts.set(name, count)
    }
    count.last = refused
    count.scopes.set(scope, (count.scopes.get(scope) ?? 0) + 1)
  }

  /** An entry for each, with the address and the request of the last time; empties the counts. `newId` gives uuids v7. */
  take(service: string, at: Date, newId: () => string): AuditRecorded[] {
    const blank = { ...ofOthers, service, at: at.toISOString() }
    const entries = [...this.#counts.values()].map(({ last, scopes }): AuditRecorded => {
      const count = [...scopes.values()].reduce((sum, times) => sum + times)
      return {
        ...blank,
        id: newId(),
        workspace_id: last.workspaceId ?? null,
        actor: actorOf(last.principal),
        after: { count, scopes: Object.fromEntries(scopes) },
        address: last.address,
        request_id: last.requestId,
      }
    })
    if (this.#others > 0) entries.push({ ...blank, id: newId(), after: { count: this.#others } })
    this.#counts = new Map()
    this.#others = 0
    return entries
  }
}

/** What is told together: in the operator's log, of nobody in particular. */
const ofOthers = {
  workspace_id: null,
  actor: { kind: 'anonymous', id: null, credential_id: null, on_behalf_of: [] },
  action: 'scope.refused',
  target: null,
  before: null,
  address: null,
  request_id: null,
  outcome: 'refused',
  code: 'scope.missing',
} satisfies Partial<AuditRecorded>
