import type { Workspace } from '@portitor/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'

@Entity({ schema: 'auth', name: 'workspaces' })
export class WorkspaceRow {
  /** uuid v7, so that the order of ids is the order of creation. */
  @PrimaryColumn('uuid')
  id!: string

  @Column('uuid', { name: 'organization_id' })
  organizationId!: string

  @Column('text')
  name!: string

  @Column('text')
  status!: Workspace['status']

  /** Whose test mode it is; null for a customer's own. */
  @Column('uuid', { name: 'test_of', nullable: true })
  testOf!: string | null

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date
}

export function toWorkspace(row: WorkspaceRow): Workspace {
  return {
    id: row.id,
    organization_id: row.organizationId,
    name: row.name,
    status: row.status,
    created_at: row.createdAt.toISOString(),
    ...(row.testOf === null ? {} : { test_of: row.testOf }),
  }
}
