import type { Member } from '@portitor/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'

@Entity({ schema: 'auth', name: 'memberships' })
export class MemberRow {
  @PrimaryColumn('uuid', { name: 'workspace_id' })
  workspaceId!: string

  @PrimaryColumn('uuid', { name: 'user_id' })
  userId!: string

  /** As this workspace wrote them: another one may know the same person otherwise, and neither learns of it (I-4). */
  @Column('text')
  email!: string

  @Column('text', { nullable: true })
  name!: string | null

  /** The name of a role: one that comes with the product, or one of the workspace. */
  @Column('text')
  role!: string

  @Column('uuid', { name: 'team_id', nullable: true })
  teamId!: string | null

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date
}

export function toMember(row: MemberRow): Member {
  return {
    user_id: row.userId,
    email: row.email,
    name: row.name,
    role: row.role,
    team_id: row.teamId,
    created_at: row.createdAt.toISOString(),
  }
}
