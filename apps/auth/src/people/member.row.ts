import type { Member } from '@portitor/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'
import type { UserRow } from './user.row.ts'

@Entity({ schema: 'auth', name: 'memberships' })
export class MemberRow {
  @PrimaryColumn('uuid', { name: 'workspace_id' })
  workspaceId!: string

  @PrimaryColumn('uuid', { name: 'user_id' })
  userId!: string

  /** The name of a role: one that comes with the product, or one of the workspace. */
  @Column('text')
  role!: string

  @Column('uuid', { name: 'team_id', nullable: true })
  teamId!: string | null

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date
}

export function toMember(row: MemberRow, user: UserRow): Member {
  return {
    user_id: row.userId,
    email: user.email,
    name: user.name,
    role: row.role,
    team_id: row.teamId,
    created_at: row.createdAt.toISOString(),
  }
}
