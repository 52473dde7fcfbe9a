import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import { type Caller, readJson } from '@portitor/service'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'

/** A call that changes something. Its body is checked when the handler asks for it: after the resource was found (I-2). */
export interface Call {
  readonly caller: Caller
  /** `POST /api/v1/agents/:id/credentials` */
  readonly route: string
  /** The path as called, so with the ids in it. */
  readonly path: string
  readonly idempotencyKey: string | undefined
  readonly at: Date
  /** 400 naming the field, 415. */
  body<T>(schema: z.ZodType<T>): T
  /** What the handler returns; a repeat is marked as one. */
  answer<Answer>(result: { readonly answer: Answer; readonly replayed: boolean }): Answer
}

export const Call = createParamDecorator((_: unknown, context: ExecutionContext): Call => {
  const http = context.switchToHttp()
  const request = http.getRequest<FastifyRequest>()
  const { caller, headers } = request
  if (caller === undefined) throw new Error('a route without a guard has no caller: it must not ask for one')
  const key = headers['idempotency-key']
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  return {
    caller,
    route: `${request.method} ${request.routeOptions.url ?? ''}`,
    path: (request.raw.url ?? '').split('?', 1)[0]!.toLowerCase(),
    idempotencyKey: Array.isArray(key) ? key.join(', ') : key,
    at: new Date(),
    body: (schema) => readJson(schema, { headers: { 'content-type': headers['content-type'] }, body }),
    answer: ({ answer, replayed }) => {
      if (replayed) void http.getResponse<FastifyReply>().header('idempotency-replayed', 'true')
      return answer
    },
  }
})
