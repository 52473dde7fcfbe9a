import type { Role } from '@portitor/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'

/** A role of one workspace; those that come with the product are code. */
@Entity({ schema: 'auth', name: 'roles' })
export class RoleRow {
  @PrimaryColumn('uuid')
  id!: string

  @Column('uuid', { name: 'workspace_id' })
  workspaceId!: string

  @Column('text')
  name!: string

  @Column('text', { array: true })
  scopes!: string[]

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date
}

export function toRole(row: RoleRow): Role {
  return { id: row.id, name: row.name, scopes: row.scopes, built_in: false }
}
