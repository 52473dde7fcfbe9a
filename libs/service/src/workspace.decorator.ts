import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import { workspaceIdSchema } from '@portitor/contracts'
import type { FastifyRequest } from 'fastify'
import { ProblemException } from './problem-details.ts'

/** The workspace a call is about, from `x-workspace-id` (I-4), in lower case. Missing: 400 `workspace.required`; malformed: 400 `workspace.malformed`. */
export const WorkspaceId = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const id = workspaceOf(context)
  if (id === undefined)
    throw new ProblemException(
      400,
      'workspace.required',
      'Name the workspace in the header x-workspace-id; GET /api/v1/workspaces lists them.',
    )
  return id
})

/** As `@WorkspaceId()`, but an operator may leave the header out and then means the whole system: `undefined`. */
export const OptionalWorkspaceId = createParamDecorator((_: unknown, context: ExecutionContext) => workspaceOf(context))

function workspaceOf(context: ExecutionContext): string | undefined {
  const header = context.switchToHttp().getRequest<FastifyRequest>().headers['x-workspace-id']
  if (header === undefined) return undefined
  const id = workspaceIdSchema.safeParse(header)
  if (!id.success)
    throw new ProblemException(
      400,
      'workspace.malformed',
      'The header x-workspace-id must be one UUID, for example 0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e.',
    )
  return id.data.toLowerCase()
}
