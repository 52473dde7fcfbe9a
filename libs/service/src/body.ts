import type { z } from 'zod'
import { parse } from './parse.ts'
import { ProblemException } from './problem-details.ts'

/** A request as it came. Bodies stay bytes until somebody asks for JSON, so nothing is parsed before it is authenticated. */
export interface RawRequest {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
}

/** The largest body any route takes. */
export const bodyBytesMax = 1_048_576

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Parses and checks a JSON body; no body at all is `undefined` to the schema. Throws 415 unless it says it is JSON, 400
 * `request.not_utf8`, `request.malformed_json` or `request.invalid` naming the field. For handlers that must find the
 * resource before they look at the body (I-2); others use `@JsonBody`.
 */
export function readJson<T>(schema: z.ZodType<T>, request: RawRequest): T {
  if (request.body.length === 0) return parse(schema, undefined, 'body')
  if (!/^application\/json *(; *charset="?utf-8"? *)?$/i.test(request.headers['content-type'] ?? ''))
    throw new ProblemException(
      415,
      'request.unsupported_media_type',
      'Send the body as JSON in UTF-8, with content-type: application/json.',
    )
  return parse(schema, parseJson(request.body), 'body')
}

/** Bytes to a value: 400 `request.not_utf8` or `request.malformed_json`. */
export function parseJson(body: Buffer): unknown {
  let text: string
  try {
    text = utf8.decode(body)
  } catch {
    throw new ProblemException(400, 'request.not_utf8', 'The body is not valid UTF-8.')
  }
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the body, which may hold a secret.
    throw new ProblemException(400, 'request.malformed_json', 'The body is not valid JSON.')
  }
}
