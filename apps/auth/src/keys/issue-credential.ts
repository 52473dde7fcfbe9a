import { apiKeyHint, type ApiKeyKind, type Caller, newApiKey } from '@portitor/identity'
import { z } from 'zod'
import { type CredentialRow, credentialStatus } from './credential.row.ts'
import { hashKey } from './key-hash.ts'

export interface Issue {
  readonly id: string
  readonly workspaceId: string
  readonly agentId: string | null
  readonly kind: ApiKeyKind
  readonly name: string
  readonly scopes: string[]
  readonly ipAllowList: string[]
  readonly expiresAt: Date | null
  readonly createdBy: string
}

export interface Issued {
  readonly row: CredentialRow
  /** The secret, to be shown once. */
  readonly key: string
}

/** A new credential. `randomInt` answers an unbiased integer below its argument from a secure source. */
export function issueCredential(
  issue: Issue,
  at: Date,
  { pepper, randomInt }: { pepper: string; randomInt: (below: number) => number },
): Issued {
  const key = newApiKey(issue.kind, randomInt)
  const row = {
    ...issue,
    hash: hashKey(pepper, key),
    hint: apiKeyHint(key),
    lastUsedAt: null,
    createdAt: at,
    revokedAt: null,
  }
  return { row, key }
}

/** What takes the place of a credential: the same in all but the secret, its end included, so that rotation prolongs nothing. */
export function successorOf(row: CredentialRow, id: string, createdBy: string): Issue {
  const { workspaceId, agentId, kind, name, scopes, ipAllowList, expiresAt } = row
  return { id, workspaceId, agentId, kind, name, scopes, ipAllowList, expiresAt, createdBy }
}

/** When a replaced credential ends: after the overlap, and never later than it would have anyway. */
export function endAfterOverlap(row: CredentialRow, at: Date, overlapSeconds: number): Date {
  const end = new Date(at.getTime() + overlapSeconds * 1_000)
  return row.expiresAt !== null && row.expiresAt < end ? row.expiresAt : end
}

export const isActive = (row: CredentialRow, at: Date) => credentialStatus(row, at) === 'active'

/** Whose scopes were the ceiling: of staff it is not a person's membership but the operator's own reach. */
export function creatorOf({ principal }: Caller): string {
  return principal.operator ? 'operator' : `${principal.kind}:${principal.id}`
}

/** The schema of a body, for a call made at that time: `expires_at` lies behind it. */
export function expiringAfter<Body extends { expires_at?: string | null | undefined }>(
  schema: z.ZodType<Body>,
  at: Date,
): z.ZodType<Body> {
  // What is no instant at all is refused by the schema, and compares as neither before nor after.
  return schema.refine(({ expires_at }) => expires_at == null || !(new Date(expires_at) <= at), {
    path: ['expires_at'],
    error: 'an instant in the future, or null',
  })
}
