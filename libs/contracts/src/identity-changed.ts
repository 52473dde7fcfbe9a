import { z } from 'zod'
import { instantSchema, workspaceIdSchema } from './primitives.ts'

export const workspaceSchema = z
  .object({
    id: workspaceIdSchema,
    name: z.string().min(1).max(128),
    status: z.enum(['active', 'suspended', 'closed']),
    created_at: instantSchema,
  })
  .meta({ id: 'Workspace' })
export type Workspace = z.infer<typeof workspaceSchema>

/** A record of `portitor.identity.changed.v1`, keyed by workspace. */
export const identityChangedSchema = z.object({ kind: z.literal('workspace'), workspace: workspaceSchema })
export type IdentityChanged = z.infer<typeof identityChangedSchema>
