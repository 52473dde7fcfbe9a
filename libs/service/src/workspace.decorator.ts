import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import type { Caller } from '@portitor/identity'
import type { FastifyRequest } from 'fastify'
import { callerOf } from './caller.decorator.ts'
import { ProblemException } from './problem-details.ts'

/** The workspace a call acts in (I-4), in lower case, as the guard found it. None: 400 `workspace.required`. */
export const WorkspaceId = createParamDecorator((_: unknown, context: ExecutionContext): string =>
  requiredWorkspace(callerOf(context.switchToHttp().getRequest<FastifyRequest>())),
)

/** As `@WorkspaceId()`, but an operator may leave the header out and then means the whole system: `undefined`. */
export const OptionalWorkspaceId = createParamDecorator((_: unknown, context: ExecutionContext) =>
  optionalWorkspace(callerOf(context.switchToHttp().getRequest<FastifyRequest>())),
)

function requiredWorkspace({ workspaceId }: Caller): string {
  if (workspaceId !== undefined) return workspaceId
  throw new ProblemException(
    400,
    'workspace.required',
    'Name the workspace in the header x-workspace-id; GET /api/v1/workspaces lists them.',
  )
}

/** Whatever a handler makes of `undefined`, it makes it for operators: here it ends for everybody else. */
function optionalWorkspace(caller: Caller): string | undefined {
  return caller.principal.operator ? caller.workspaceId : requiredWorkspace(caller)
}
