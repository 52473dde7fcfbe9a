import type { Endpoint } from '@portitor/contracts'
import { covers } from './covers.ts'
import { forbidden, type Refusal } from './refusal.ts'

/** Whether who holds these scopes may call an endpoint (I-1, I-2): undefined, or why not. An endpoint that names no scope is refused. */
export function authorizeScope(
  scope: Endpoint['scope'],
  held: readonly string[],
  operator: boolean,
): Refusal | undefined {
  if (scope === 'any') return undefined
  if (scope === undefined) return undeclared
  if (scope === 'operator') return operator ? undefined : operatorOnly
  return covers(held, scope) ? undefined : scopeMissing(scope)
}

export const undeclared = forbidden('route.undeclared', 'This route is declared nowhere, so nobody may call it.')

const operatorOnly = forbidden('operator.only', 'This is about the whole system: only its operators may call it.')

/** RFC 6750, 3.1: the challenge says which scope would do. */
function scopeMissing(scope: string): Refusal {
  return {
    ...forbidden('scope.missing', `This needs the scope ${scope}, which the credential does not hold here.`),
    members: { required_scope: scope },
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  }
}
