import type { Organization } from '@portitor/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'

@Entity({ schema: 'auth', name: 'organizations' })
export class OrganizationRow {
  @PrimaryColumn('uuid')
  id!: string

  @Column('text')
  name!: string

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date
}

export function toOrganization(row: OrganizationRow): Organization {
  return { id: row.id, name: row.name, created_at: row.createdAt.toISOString() }
}
