import { randomInt } from 'node:crypto'
import { type Caller, ProblemException } from '@portitor/service'
import type { EntityManager } from 'typeorm'
import { v7 as uuidv7 } from 'uuid'
import type { CredentialRow } from './credential.row.ts'
import type { CredentialHolder, CredentialsStore } from './credentials.store.ts'
import { found } from '../changes/found.ts'
import { creatorOf, endAfterOverlap, isActive, issueCredential, type Issued, successorOf } from './issue-credential.ts'
import { requireOwnMode, requireOwnScopes } from '../changes/refused-grant.ts'
import { rowWith } from '../changes/row-with.ts'
import { withinOwnLife } from './within-own-life.ts'

export interface Rotation {
  readonly holder: CredentialHolder
  readonly id: string
  readonly caller: Caller
  readonly overlapSeconds: number
  readonly pepper: string
  readonly at: Date
}

/**
 * Both kinds of credentials are replaced alike: the same scopes under a new secret, which the caller has to hold too. The
 * caller reads that secret, so it is held to the caller's own end and addresses as one that it creates (I-3).
 */
export async function rotateCredential(
  rows: EntityManager,
  credentials: CredentialsStore,
  { holder, id, caller, overlapSeconds, pepper, at }: Rotation,
): Promise<{ was: CredentialRow; old: CredentialRow; issued: Issued }> {
  const was = found(
    holder.agentId === null ? 'API key' : 'credential',
    await credentials.findForChange(rows, holder, id),
  )
  requireOwnScopes(caller, was.scopes)
  requireOwnMode(caller, was.kind === 'test' ? 'test' : 'live', was.agentId !== null)
  if (!isActive(was, at))
    throw new ProblemException(409, 'credential.state', 'It is expired or revoked: create a new one instead.')
  const issue = {
    ...successorOf(was, uuidv7(), creatorOf(caller)),
    ...withinOwnLife(caller, was.expiresAt, was.ipAllowList),
  }
  const issued = issueCredential(issue, at, { pepper, randomInt })
  const expiresAt = endAfterOverlap(was, at, overlapSeconds)
  await credentials.insert(rows, issued.row)
  await credentials.setEnd(rows, was, expiresAt)
  return { was, old: rowWith(was, { expiresAt }), issued }
}
