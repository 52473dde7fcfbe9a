import { operatorRole, resourceScopes, workspaceIdSchema } from '@portitor/contracts'
import type { Caller } from '@portitor/identity'
import type { FastifyRequest } from 'fastify'

/** Whoever knows the operator key: everything, in the workspace of the header or over the whole system (I-4). */
export function operatorCaller(request: FastifyRequest): Caller {
  const workspaceId = workspaceIdSchema.safeParse(request.headers['x-workspace-id'])
  return {
    principal: {
      kind: 'operator',
      id: operatorRole,
      operator: true,
      credential_id: null,
      mode: 'live',
      memberships: [],
      agent: null,
      ip_allow_list: [],
      expires_at: null,
      depends_on: [],
    },
    workspaceId: workspaceId.success ? workspaceId.data.toLowerCase() : undefined,
    scopes: [...resourceScopes, 'invoke:*', 'mcp:*'],
    intent: { workflow: undefined, costCenter: undefined, intent: undefined },
    address: request.ip,
    requestId: request.id,
  }
}
