import type { Team } from '@portitor/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'

@Entity({ schema: 'auth', name: 'teams' })
export class TeamRow {
  @PrimaryColumn('uuid')
  id!: string

  @Column('uuid', { name: 'workspace_id' })
  workspaceId!: string

  @Column('text')
  name!: string

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date
}

export function toTeam(row: TeamRow): Team {
  return { id: row.id, name: row.name, created_at: row.createdAt.toISOString() }
}
