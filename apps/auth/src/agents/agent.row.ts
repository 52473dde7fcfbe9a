import type { Agent } from '@portitor/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'

@Entity({ schema: 'auth', name: 'agents' })
export class AgentRow {
  @PrimaryColumn('uuid')
  id!: string

  @Column('uuid', { name: 'workspace_id' })
  workspaceId!: string

  @Column('uuid', { name: 'parent_agent_id', nullable: true })
  parentAgentId!: string | null

  @Column('text')
  name!: string

  @Column('text')
  status!: Agent['status']

  @Column('uuid', { name: 'owner_user_id', nullable: true })
  ownerUserId!: string | null

  @Column('text', { name: 'owner_license_id', nullable: true })
  ownerLicenseId!: string | null

  @Column('text', { nullable: true })
  purpose!: string | null

  @Column('text', { name: 'risk_class', nullable: true })
  riskClass!: string | null

  /** Null, as with the three after it: no limit of its own. */
  @Column('text', { name: 'allowed_models', array: true, nullable: true })
  allowedModels!: string[] | null

  @Column('text', { name: 'allowed_tools', array: true, nullable: true })
  allowedTools!: string[] | null

  @Column('text', { name: 'allowed_workflows', array: true, nullable: true })
  allowedWorkflows!: string[] | null

  @Column('text', { array: true, nullable: true })
  scopes!: string[] | null

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date
}

export function toAgent(row: AgentRow): Agent {
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    parent_agent_id: row.parentAgentId,
    owner_user_id: row.ownerUserId,
    owner_license_id: row.ownerLicenseId,
    purpose: row.purpose,
    risk_class: row.riskClass,
    allowed_models: row.allowedModels,
    allowed_tools: row.allowedTools,
    allowed_workflows: row.allowedWorkflows,
    scopes: row.scopes,
    created_at: row.createdAt.toISOString(),
  }
}
