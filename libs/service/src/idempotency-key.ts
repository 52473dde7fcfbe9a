import { createHash } from 'node:crypto'
import type { Caller } from '@portitor/identity'
import { parse } from './parse.ts'
import { ProblemException } from './problem-details.ts'
import { z } from 'zod'

const keySchema = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, '1 to 255 visible ASCII characters, bare or in double quotes')
    .optional(),
})

/** The key of a call, the same whether quoted (as the HTTP draft writes it) or bare. 400 where it is none. */
export function readIdempotencyKey(header: string | undefined): string | undefined {
  const bare = header?.replace(/^"(.*)"$/, '$1')
  return parse(keySchema, { 'idempotency-key': bare }, 'header')['idempotency-key']
}

/** Whose key it is, and for what: nobody finds the answers of another principal or another workspace under a key they guess. */
export function keyOwner(caller: Caller, workspaceId: string | undefined, route: string): string {
  const { kind, id } = caller.principal
  return `${workspaceId ?? 'system'} ${kind}:${id} ${route}`
}

/** Of the checked body: spaces and unknown order of fields do not make it another call. */
export function fingerprint(call: { path: string; owner: string; body: object }): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([call.owner, call.path, call.body]))
    .digest()
}

/** The answer that was given to the same call; undefined where the key is fresh. 422 and 409 with the codes below. */
export function answerKept<Answer>(
  kept: 'fresh' | 'in_flight' | 'conflict' | { readonly answer: Answer },
): Answer | undefined {
  if (kept === 'fresh') return undefined
  if (kept === 'in_flight')
    throw new ProblemException(
      409,
      'idempotency.in_flight',
      'A call with this Idempotency-Key is still running; try again.',
      {},
      { 'retry-after': '1' },
    )
  if (kept === 'conflict')
    throw new ProblemException(
      422,
      'idempotency.conflict',
      'This Idempotency-Key was used with another body; use a new key for a new call.',
    )
  return kept.answer
}
