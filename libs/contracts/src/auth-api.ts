import { agentsOperations } from './agents-api.ts'
import { agentCredentialsOperations, apiKeysOperations } from './api-keys-api.ts'
import { auditOperations } from './audit-api.ts'
import type { Endpoint } from './endpoint.ts'
import { membersOperations } from './members-api.ts'
import { tokenOperations } from './token-api.ts'
import { workspacesOperations } from './workspaces-api.ts'

/** Everything that `auth` serves. */
export const authEndpoints: readonly Endpoint[] = [
  ...workspacesOperations,
  ...membersOperations,
  ...apiKeysOperations,
  ...agentsOperations,
  ...agentCredentialsOperations,
  ...tokenOperations,
  ...auditOperations,
]
