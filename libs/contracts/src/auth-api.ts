import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { workspaceSchema } from './identity-changed.ts'
import { workspaceIdSchema } from './primitives.ts'

/** What people read: neither blank nor with control characters, which databases, terminals and CSV files trip over. */
const workspaceNameSchema = z
  .string()
  .trim()
  .min(1, 'a name of 1 to 128 characters')
  .max(128, 'a name of 1 to 128 characters')
  .refine((name) => name.isWellFormed() && !/\p{Cc}/u.test(name), 'a name without control characters')

export const createWorkspaceSchema = z.strictObject({ name: workspaceNameSchema }).meta({ id: 'CreateWorkspace' })
export type CreateWorkspace = z.infer<typeof createWorkspaceSchema>

export const workspacePathSchema = z.strictObject({ id: workspaceIdSchema })
export type WorkspacePath = z.infer<typeof workspacePathSchema>

export const listWorkspacesQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  /** `next_cursor` of the page before. */
  cursor: z.string().max(256).optional(),
})
export type ListWorkspacesQuery = z.infer<typeof listWorkspacesQuerySchema>

export const workspaceListSchema = z.object({ data: z.array(workspaceSchema), next_cursor: z.string().nullable() })
export type WorkspaceList = z.infer<typeof workspaceListSchema>

const operation = { service: 'auth', workspace: 'none' } as const

export const authEndpoints: readonly Endpoint[] = [
  {
    ...operation,
    method: 'GET',
    path: '/api/v1/workspaces',
    summary: 'List the workspaces, newest first',
    query: listWorkspacesQuerySchema,
    answers: { 200: workspaceListSchema },
  },
  {
    ...operation,
    method: 'POST',
    path: '/api/v1/workspaces',
    summary: 'Create a workspace',
    description: 'The workspace is active at once and announced to every service.',
    headers: {
      'idempotency-key':
        'Up to 255 visible characters. The same key and body within 24 hours answer the first answer again; the same key with another body is refused with 422 `idempotency.conflict`, and while the first call is still running with 409 `idempotency.in_flight`.',
    },
    body: createWorkspaceSchema,
    answers: { 201: workspaceSchema },
  },
  {
    ...operation,
    method: 'GET',
    path: '/api/v1/workspaces/{id}',
    summary: 'Read a workspace',
    description: '404 `workspace.not_found` where there is none of this id.',
    answers: { 200: workspaceSchema },
  },
]
