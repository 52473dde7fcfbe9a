import type { ResourceScope } from '@portitor/contracts'
import { covers } from '@portitor/identity'
import { type Caller, ProblemException } from '@portitor/service'

/**
 * As which tenant a caller acts on the workspace that a path names: an operator as none, anybody else as a member of that
 * very workspace, with the scope held there and not only in another of theirs. 404 `workspace.not_found` for others (I-4).
 */
export function tenantAt({ principal }: Caller, id: string, scope: ResourceScope): string | undefined {
  if (principal.operator) return undefined
  const membership = principal.memberships.find(({ workspace_id }) => workspace_id.toLowerCase() === id.toLowerCase())
  if (membership === undefined)
    throw new ProblemException(404, 'workspace.not_found', 'There is no workspace of this id, or none of yours.')
  if (!covers(membership.scopes, scope))
    throw new ProblemException(403, 'scope.missing', `This needs the scope ${scope} in that workspace.`, {
      required_scope: scope,
    })
  return id
}
