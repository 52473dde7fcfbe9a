import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { readJson, type RawRequest as RawRequestValue } from './body.ts'
import { secretHeaders } from './log.ts'
import { parse } from './parse.ts'

// Each decorator closes over its schema: handed to Nest as data, a schema would be taken for a pipe, as it has a `transform`.

export type RawRequest = RawRequestValue
/** The request as it came: `{ headers, body }` with the body as bytes (empty if none), credentials left out of the headers. */
export const RawRequest = createParamDecorator((_: unknown, context: ExecutionContext): RawRequestValue => {
  const request = requestOf(context)
  const headers: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(request.headers))
    if (!secretHeaders.includes(name)) headers[name] = Array.isArray(value) ? value.join(', ') : value
  return { headers, body: bodyOf(request) }
})

/** The JSON body, checked: 415 if it is not JSON, 400 `request.malformed_json` if it does not parse, 400 `request.invalid` naming the field. */
export const JsonBody = <T>(schema: z.ZodType<T>): ParameterDecorator =>
  createParamDecorator((_: unknown, context: ExecutionContext): T => {
    const request = requestOf(context)
    return readJson(schema, { headers: { 'content-type': request.headers['content-type'] }, body: bodyOf(request) })
  })()

/** The query parameters, checked as one object: 400 `request.invalid` naming the field. */
export const Query = <T>(schema: z.ZodType<T>): ParameterDecorator =>
  createParamDecorator((_: unknown, context: ExecutionContext): T =>
    parse(schema, { ...(requestOf(context).query as object) }, 'query'),
  )()

/** The path parameters, checked as one object: 400 `request.invalid` naming the field. */
export const Path = <T>(schema: z.ZodType<T>): ParameterDecorator =>
  createParamDecorator((_: unknown, context: ExecutionContext): T =>
    parse(schema, { ...(requestOf(context).params as object) }, 'path'),
  )()

function requestOf(context: ExecutionContext): FastifyRequest {
  return context.switchToHttp().getRequest<FastifyRequest>()
}

function bodyOf(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
}
