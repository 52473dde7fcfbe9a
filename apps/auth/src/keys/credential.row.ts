import type { AgentCredential, ApiKey } from '@portitor/contracts'
import type { ApiKeyKind } from '@portitor/identity'
import { Column, Entity, PrimaryColumn } from 'typeorm'

/** An API key, or with `agentId` a credential of an agent. */
@Entity({ schema: 'auth', name: 'credentials' })
export class CredentialRow {
  @PrimaryColumn('uuid')
  id!: string

  @Column('uuid', { name: 'workspace_id' })
  workspaceId!: string

  @Column('uuid', { name: 'agent_id', nullable: true })
  agentId!: string | null

  @Column('text')
  kind!: ApiKeyKind

  @Column('text')
  name!: string

  /** Written and never read here: a tenant has no privilege to, so it is left out of what is selected. */
  @Column('bytea', { select: false })
  hash?: Buffer

  @Column('text')
  hint!: string

  @Column('text', { array: true })
  scopes!: string[]

  @Column('text', { name: 'ip_allow_list', array: true })
  ipAllowList!: string[]

  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt!: Date | null

  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt!: Date | null

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date

  @Column('text', { name: 'created_by' })
  createdBy!: string

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt!: Date | null
}

export function credentialStatus(row: CredentialRow, at: Date): ApiKey['status'] {
  if (row.revokedAt !== null) return 'revoked'
  return row.expiresAt !== null && row.expiresAt <= at ? 'expired' : 'active'
}

export function toApiKey(row: CredentialRow, at: Date): ApiKey {
  return { ...shown(row, at), mode: row.kind === 'test' ? 'test' : 'live', ip_allow_list: row.ipAllowList }
}

export function toAgentCredential(row: CredentialRow, at: Date): AgentCredential {
  if (row.agentId === null) throw new Error(`credential ${row.id} belongs to no agent`)
  return { ...shown(row, at), agent_id: row.agentId }
}

function shown(row: CredentialRow, at: Date) {
  return {
    id: row.id,
    name: row.name,
    status: credentialStatus(row, at),
    scopes: row.scopes,
    hint: row.hint,
    expires_at: row.expiresAt?.toISOString() ?? null,
    last_used_at: row.lastUsedAt?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
    revoked_at: row.revokedAt?.toISOString() ?? null,
  }
}
