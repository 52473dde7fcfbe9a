import { type Caller, fingerprint, keyOwner, type RawRequest, readIdempotencyKey } from '@portitor/service'
import type { KeptKey } from '@portitor/postgres'

const CREATE = 'POST /api/v1/subscriptions'

/** Under which key the answer to a creation is kept; undefined where the caller gave none. 400 where it is no key. */
export function keptKeyOf(caller: Caller, workspaceId: string, request: RawRequest, body: object): KeptKey | undefined {
  const key = readIdempotencyKey(request.headers['idempotency-key'])
  if (key === undefined) return undefined
  const owner = keyOwner(caller, workspaceId, CREATE)
  return { owner, key, fingerprint: fingerprint({ owner, path: CREATE, body }), at: new Date() }
}
