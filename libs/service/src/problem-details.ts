import { STATUS_CODES } from 'node:http'
import { HttpException } from '@nestjs/common'
import type { Problem } from '@portitor/contracts'
import { isUnavailable } from './unavailable.ts'

export const problemMediaType = 'application/problem+json'

/**
 * An expected refusal, answered as RFC 9457 problem details. `code` is stable and meant for programs, `detail` for people:
 * it says what to do and never carries a secret. `members` become extension members beside the standard ones.
 */
export class ProblemException extends HttpException {
  constructor(
    status: number,
    readonly code: string,
    readonly detail: string,
    readonly members: object = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail, status)
  }
}

/** The document of a refusal. `instance` is the path of the request without its query, absent where even the path may hold a secret. */
export function problemDocument(refusal: ProblemException, instance?: string): Problem {
  const status = refusal.getStatus()
  return {
    ...refusal.members,
    type: `urn:portitor:problem:${refusal.code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code: refusal.code,
    detail: refusal.detail,
    ...(instance === undefined ? {} : { instance }),
  }
}

/** Fastify's own refusals by the code of its error: what they mean to a caller. */
const frameworkRefusals: Readonly<Record<string, [status: number, code: string, detail: string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [
    413,
    'request.too_large',
    'The body is larger than this server takes; send less at once.',
  ],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    415,
    'request.unsupported_media_type',
    'The content-type header is not a media type; send application/json.',
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    400,
    'request.malformed',
    'The body is not as long as its content-length header says.',
  ],
  FST_ERR_BAD_URL: [400, 'request.malformed_url', 'The path is not valid percent-encoding.'],
  FST_ERR_MAX_PARAM_LENGTH: [414, 'request.url_too_long', 'A part of the path is longer than any identifier here.'],
}

/** Turns whatever was thrown into a refusal. `undefined`: a bug, of which the caller learns nothing but the status. */
export function asRefusal(error: unknown): ProblemException | undefined {
  if (error instanceof ProblemException) return error
  const cause = error instanceof HttpException ? error.cause : error
  const known = frameworkRefusals[(cause as { code?: string } | undefined)?.code ?? '']
  if (known !== undefined) return new ProblemException(...known)
  if (!(error instanceof HttpException)) return isUnavailable(error) ? unavailable(error) : undefined
  const status = error.getStatus()
  if (status >= 500) return undefined
  if (status === 404)
    return new ProblemException(
      404,
      'route.not_found',
      'There is nothing at this address; GET /docs lists what there is.',
    )
  return new ProblemException(
    status,
    'request.refused',
    `${STATUS_CODES[status] ?? 'Refused'}: the request cannot be served as it is.`,
  )
}

function unavailable(error: unknown): ProblemException {
  const refusal = new ProblemException(
    503,
    'service.unavailable',
    'Something this service depends on does not answer at the moment; try again.',
    {},
    { 'retry-after': '1' },
  )
  refusal.cause = error
  return refusal
}

/** What a caller sees of a bug: nothing but the id under which the log holds the rest. */
export function internalProblem(requestId: string): ProblemException {
  return new ProblemException(
    500,
    'internal',
    `Something went wrong on our side; the log has it under request ${requestId}.`,
  )
}
