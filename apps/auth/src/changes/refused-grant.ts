import { coversAll } from '@portitor/identity'
import { type Caller, ProblemException } from '@portitor/service'

/** Somebody tried to hand on more than they have: answered with 403, and written into the audit log. */
export class RefusedGrant extends ProblemException {
  constructor(code: string, detail: string) {
    super(403, code, detail)
  }
}

/** Nobody hands on a scope that they do not hold (I-1, I-3). */
export function requireOwnScopes(caller: Caller, granted: readonly string[]): void {
  if (coversAll(caller.scopes, granted)) return
  const missing = granted.filter((scope) => !coversAll(caller.scopes, [scope]))
  throw new RefusedGrant('scope.escalation', `You do not hold ${missing.join(', ')}, so you cannot hand it on.`)
}

/** A token makes nothing that outlasts it. A key of the test mode makes no credential of the live one, and an agent none that is not held to an agent's limits. */
export function requireOwnMode(caller: Caller, mode: 'live' | 'test', forAgent: boolean): void {
  if (caller.principal.token_id !== undefined)
    throw new RefusedGrant(
      'scope.escalation',
      'A token makes no credential, which would outlast it: use the key itself.',
    )
  if (caller.principal.mode === 'test' && mode === 'live')
    throw new RefusedGrant('scope.escalation', 'A test key can only create test keys.')
  if (caller.principal.kind === 'agent' && !forAgent)
    throw new RefusedGrant(
      'scope.escalation',
      'An API key is not held to the limits of an agent, so an agent cannot create one.',
    )
}
