import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import type { Caller as CallerValue } from '@portitor/identity'
import type { FastifyRequest } from 'fastify'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard before any handler runs; absent only on open routes. */
    caller?: CallerValue
  }
}

export type Caller = CallerValue
/** Who calls, in which workspace, and what they may do there. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): CallerValue =>
  callerOf(context.switchToHttp().getRequest<FastifyRequest>()),
)

export function callerOf({ caller }: FastifyRequest): CallerValue {
  if (caller === undefined) throw new Error('a route without a guard has no caller: it must not ask for one')
  return caller
}
