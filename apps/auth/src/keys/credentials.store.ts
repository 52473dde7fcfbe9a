import { Injectable } from '@nestjs/common'
import { type EntityManager, IsNull, LessThan } from 'typeorm'
import { CredentialRow } from './credential.row.ts'

/** Whose credentials: `agentId` null are the API keys of the workspace. */
export interface CredentialHolder {
  readonly workspaceId: string
  readonly agentId: string | null
}

@Injectable()
export class CredentialsStore {
  /** Newest first, from the one after `after` on. */
  async page(
    rows: EntityManager,
    holder: CredentialHolder,
    after: string | undefined,
    take: number,
  ): Promise<CredentialRow[]> {
    const where = { ...ofHolder(holder), ...(after === undefined ? {} : { id: LessThan(after) }) }
    return rows.find(CredentialRow, { where, order: { id: 'DESC' }, take })
  }

  async find(rows: EntityManager, holder: CredentialHolder, id: string): Promise<CredentialRow | null> {
    return rows.findOneBy(CredentialRow, { ...ofHolder(holder), id })
  }

  /** Held until the commit, so that a rotation and a revocation follow one another. */
  async findForChange(rows: EntityManager, holder: CredentialHolder, id: string): Promise<CredentialRow | null> {
    return rows.findOne(CredentialRow, { where: { ...ofHolder(holder), id }, lock: { mode: 'pessimistic_write' } })
  }

  async insert(rows: EntityManager, credential: CredentialRow): Promise<void> {
    await rows.insert(CredentialRow, credential)
  }

  async setEnd(rows: EntityManager, { id, workspaceId }: CredentialRow, expiresAt: Date): Promise<void> {
    await rows.update(CredentialRow, { id, workspaceId }, { expiresAt })
  }

  async revoke(rows: EntityManager, { id, workspaceId }: CredentialRow, revokedAt: Date): Promise<void> {
    await rows.update(CredentialRow, { id, workspaceId }, { revokedAt })
  }
}

function ofHolder({ workspaceId, agentId }: CredentialHolder) {
  return { workspaceId, agentId: agentId ?? IsNull() }
}
