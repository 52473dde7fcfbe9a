import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { workspaceSchema } from './identity-changed.ts'
import { idempotent, nameSchema, pageOf, pageQuerySchema } from './page.ts'
import { instantSchema } from './primitives.ts'

export const organizationSchema = z
  .object({ id: z.uuid(), name: z.string(), created_at: instantSchema })
  .meta({ id: 'Organization' })
export type Organization = z.infer<typeof organizationSchema>
export const createOrganizationSchema = z.strictObject({ name: nameSchema }).meta({ id: 'CreateOrganization' })
export type CreateOrganization = z.infer<typeof createOrganizationSchema>

export const workspaceListSchema = pageOf(workspaceSchema)
export const createWorkspaceSchema = z
  .strictObject({ name: nameSchema, organization_id: z.uuid().optional() })
  .meta({ id: 'CreateWorkspace' })
export type CreateWorkspace = z.infer<typeof createWorkspaceSchema>
export const patchWorkspaceSchema = z.strictObject({ name: nameSchema }).meta({ id: 'PatchWorkspace' })
export type PatchWorkspace = z.infer<typeof patchWorkspaceSchema>

const operator = { service: 'auth', workspace: 'none', scope: 'operator' } as const
const own = { service: 'auth', workspace: 'none' } as const
const notFound = '404 `workspace.not_found` where there is none of this id, or none that the caller belongs to.'

/** Organizations and workspaces (I-1). */
export const workspacesOperations: readonly Endpoint[] = [
  {
    ...operator,
    method: 'GET',
    path: '/api/v1/organizations',
    summary: 'List the organizations, newest first',
    query: pageQuerySchema,
    answers: { 200: pageOf(organizationSchema) },
  },
  {
    ...operator,
    method: 'POST',
    path: '/api/v1/organizations',
    summary: 'Create an organization',
    headers: idempotent,
    body: createOrganizationSchema,
    answers: { 201: organizationSchema },
  },
  {
    ...operator,
    method: 'GET',
    path: '/api/v1/organizations/{id}',
    summary: 'Read an organization',
    answers: { 200: organizationSchema },
  },
  {
    ...own,
    scope: 'workspaces:read',
    method: 'GET',
    path: '/api/v1/workspaces',
    summary: 'List the workspaces, newest first',
    description: 'Those that the caller belongs to; for an operator all of them.',
    query: pageQuerySchema,
    answers: { 200: workspaceListSchema },
  },
  {
    ...operator,
    method: 'POST',
    path: '/api/v1/workspaces',
    summary: 'Create a workspace',
    description:
      'The workspace is active at once and announced to every service. Without `organization_id` it belongs to the default organization.',
    headers: idempotent,
    body: createWorkspaceSchema,
    answers: { 201: workspaceSchema },
  },
  {
    ...own,
    scope: 'workspaces:read',
    method: 'GET',
    path: '/api/v1/workspaces/{id}',
    summary: 'Read a workspace',
    description: notFound,
    answers: { 200: workspaceSchema },
  },
  {
    ...own,
    scope: 'workspaces:write',
    method: 'PATCH',
    path: '/api/v1/workspaces/{id}',
    summary: 'Rename a workspace',
    description: notFound,
    body: patchWorkspaceSchema,
    answers: { 200: workspaceSchema },
  },
  ...(['suspend', 'reinstate', 'close'] as const).map((step): Endpoint => ({
    ...operator,
    method: 'POST',
    path: `/api/v1/workspaces/{id}/${step}`,
    summary: {
      suspend: 'Suspend a workspace: its credentials are refused with 403 until it is reinstated',
      reinstate: 'Reinstate a suspended workspace',
      close: 'Close a workspace for good: its credentials are refused, its records stay',
    }[step],
    description: '409 `workspace.state` where its present state does not allow it.',
    answers: { 200: workspaceSchema },
  })),
]
