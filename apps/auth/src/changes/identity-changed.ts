import type { OutgoingMessage } from '@portitor/bus'
import { IDENTITY_PARTITION, type IdentityChanged, identityChangedTopic, identityKey } from '@portitor/contracts'
import type { AgentRow } from '../agents/agent.row.ts'
import type { CredentialRow } from '../keys/credential.row.ts'

/** All identity records lie in one partition, so that a heartbeat speaks for everything before it (I-3). */
export function identityMessage(changed: IdentityChanged): OutgoingMessage {
  return {
    topic: identityChangedTopic,
    key: identityKey(changed),
    partition: IDENTITY_PARTITION,
    value: JSON.stringify(changed),
  }
}

export function credentialChanged(row: CredentialRow): IdentityChanged {
  const status = row.revokedAt === null ? 'active' : 'revoked'
  return {
    kind: 'credential',
    credential: { id: row.id, workspace_id: row.workspaceId, agent_id: row.agentId, status },
  }
}

export function agentChanged(row: AgentRow): IdentityChanged {
  return {
    kind: 'agent',
    agent: { id: row.id, workspace_id: row.workspaceId, parent_agent_id: row.parentAgentId, status: row.status },
  }
}

export const userChanged = (id: string): IdentityChanged => ({ kind: 'user', user: { id } })
export const roleChanged = (id: string): IdentityChanged => ({ kind: 'role', role: { id } })
