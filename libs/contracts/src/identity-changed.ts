import { z } from 'zod'
import { instantSchema, workspaceIdSchema } from './primitives.ts'

export const workspaceSchema = z
  .object({
    id: workspaceIdSchema,
    /** Optional, because workspaces of the first release had none. */
    organization_id: z.uuid().optional(),
    name: z.string().min(1).max(128),
    status: z.enum(['active', 'suspended', 'closed']),
    created_at: instantSchema,
    test_of: z.uuid().optional().describe('The workspace whose test keys act here: never invoiced. Absent elsewhere.'),
  })
  .meta({ id: 'Workspace' })
export type Workspace = z.infer<typeof workspaceSchema>

/** All identity records lie in this one partition: they have one order, so one heartbeat speaks for everything before it. */
export const IDENTITY_PARTITION = 0

/** How often `auth` writes a heartbeat, and how old the last one may be before a guard asks `auth` for every call (I-3). */
export const HEARTBEAT_MS = 300
export const HEARTBEAT_AGE_MS_MAX = 1_000

/** A record of `portitor.identity.changed.v1`. It carries ids and states, never a secret and nothing about a person. */
export const identityChangedSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('workspace'), workspace: workspaceSchema }),
  z.object({
    kind: z.literal('credential'),
    credential: z.object({
      id: z.uuid(),
      workspace_id: workspaceIdSchema.nullable(),
      agent_id: z.uuid().nullable(),
      status: z.enum(['active', 'revoked']),
    }),
  }),
  z.object({
    kind: z.literal('agent'),
    agent: z.object({
      id: z.uuid(),
      workspace_id: workspaceIdSchema,
      parent_agent_id: z.uuid().nullable(),
      status: z.enum(['active', 'suspended', 'revoked']),
    }),
  }),
  z.object({ kind: z.literal('user'), user: z.object({ id: z.uuid() }) }),
  z.object({ kind: z.literal('role'), role: z.object({ id: z.uuid() }) }),
  z.object({ kind: z.literal('heartbeat'), at: instantSchema }),
])
export type IdentityChanged = z.infer<typeof identityChangedSchema>

/** The key of a record: what it is about, so that of each thing the last record stays. */
export function identityKey(changed: IdentityChanged): string {
  switch (changed.kind) {
    case 'workspace':
      return changed.workspace.id
    case 'credential':
      return `credential:${changed.credential.id}`
    case 'agent':
      return `agent:${changed.agent.id}`
    case 'user':
      return `user:${changed.user.id}`
    case 'role':
      return `role:${changed.role.id}`
    case 'heartbeat':
      return 'heartbeat'
  }
}
