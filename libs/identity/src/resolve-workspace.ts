import { type Endpoint, type Membership, type Principal, workspaceIdSchema } from '@portitor/contracts'
import { covers } from './covers.ts'
import { operatorScopes } from './operator-key.ts'
import { forbidden, type Refusal } from './refusal.ts'

/** Where a call acts, and what its caller may do there. */
export interface Place {
  /** Undefined: the whole system, for operators; for others only on an endpoint that is about no workspace. */
  readonly workspaceId: string | undefined
  readonly scopes: readonly string[]
}

/**
 * The workspace of a call (I-4): the one of `x-workspace-id`, else the only one the principal belongs to. One it does not
 * belong to is answered like one that does not exist. A test key means its test workspace by either name (I-3). An operator goes anywhere, and without the header means the whole
 * system; nobody else ever gets that from an endpoint that is about a workspace.
 */
export function resolveWorkspace(
  principal: Principal,
  header: string | string[] | undefined,
  wanted: Endpoint['workspace'],
): Place | { readonly refused: Refusal } {
  if (header !== undefined && !workspaceIdSchema.safeParse(header).success) return { refused: malformed }
  const named = (header as string | undefined)?.toLowerCase()
  if (principal.operator) return { workspaceId: named, scopes: operatorScopes }
  const { memberships } = principal
  if (named !== undefined) {
    const membership = memberships.find(
      ({ workspace_id, test_of }) => workspace_id.toLowerCase() === named || test_of?.toLowerCase() === named,
    )
    return membership === undefined ? { refused: notFound } : placeIn(membership)
  }
  if (memberships.length === 1) return placeIn(memberships[0]!)
  return wanted === 'none' ? everywhere(memberships) : { refused: required }
}

function placeIn({ workspace_id, workspace_status, scopes }: Membership): Place | { readonly refused: Refusal } {
  if (workspace_status !== 'active') return { refused: inactive(workspace_status) }
  return { workspaceId: workspace_id.toLowerCase(), scopes }
}

/** On an endpoint about no workspace, who named none may do what it may do in each of its own: never more than in any. */
function everywhere(memberships: readonly Membership[]): Place | { readonly refused: Refusal } {
  const active = memberships.filter(({ workspace_status }) => workspace_status === 'active')
  const [first] = memberships
  if (active.length === 0 && first !== undefined) return placeIn(first)
  const scopes = new Set(active.flatMap((membership) => membership.scopes))
  return {
    workspaceId: undefined,
    scopes: [...scopes].filter((scope) => active.every((membership) => covers(membership.scopes, scope))),
  }
}

const malformed: Refusal = {
  status: 400,
  code: 'workspace.malformed',
  detail: 'The header x-workspace-id must be one UUID, for example 0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e.',
}

const required: Refusal = {
  status: 400,
  code: 'workspace.required',
  detail: 'Name the workspace in the header x-workspace-id; GET /api/v1/workspaces lists them.',
}

const notFound: Refusal = { status: 404, code: 'workspace.not_found', detail: 'There is no workspace of this id.' }

function inactive(status: 'suspended' | 'closed'): Refusal {
  return status === 'suspended'
    ? forbidden('workspace.suspended', 'The workspace is suspended: its operator can reinstate it.')
    : forbidden('workspace.closed', 'The workspace was closed for good.')
}
