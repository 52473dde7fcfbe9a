import { Injectable } from '@nestjs/common'
import { And, type EntityManager, In, LessThan } from 'typeorm'
import { OrganizationRow } from './organization.row.ts'
import { WorkspaceRow } from './workspace.row.ts'

/** Workspaces, and the organizations they belong to. Lists go newest first, from the one after `after` on. */
@Injectable()
export class WorkspacesStore {
  /** Of `ids` where given, else all. */
  async page(
    rows: EntityManager,
    { after, ids, take }: { after: string | undefined; ids: readonly string[] | undefined; take: number },
  ): Promise<WorkspaceRow[]> {
    const conditions = [...(after === undefined ? [] : [LessThan(after)]), ...(ids === undefined ? [] : [In([...ids])])]
    const where = conditions.length === 0 ? {} : { id: And(...conditions) }
    return rows.find(WorkspaceRow, { where, order: { id: 'DESC' }, take })
  }

  async find(rows: EntityManager, id: string): Promise<WorkspaceRow | null> {
    return rows.findOneBy(WorkspaceRow, { id })
  }

  async findTestOf(rows: EntityManager, id: string): Promise<WorkspaceRow | null> {
    return rows.findOneBy(WorkspaceRow, { testOf: id })
  }

  /** Held until the commit, so that two changes of its state follow one another. */
  async findForChange(rows: EntityManager, id: string): Promise<WorkspaceRow | null> {
    return rows.findOne(WorkspaceRow, { where: { id }, lock: { mode: 'pessimistic_write' } })
  }

  async insert(rows: EntityManager, workspace: WorkspaceRow): Promise<void> {
    await rows.insert(WorkspaceRow, workspace)
  }

  async rename(rows: EntityManager, id: string, name: string): Promise<void> {
    await rows.update(WorkspaceRow, { id }, { name })
  }

  async setStatus(rows: EntityManager, id: string, status: WorkspaceRow['status']): Promise<void> {
    await rows.update(WorkspaceRow, { id }, { status })
  }

  async organizations(rows: EntityManager, after: string | undefined, take: number): Promise<OrganizationRow[]> {
    const where = after === undefined ? {} : { id: LessThan(after) }
    return rows.find(OrganizationRow, { where, order: { id: 'DESC' }, take })
  }

  async organization(rows: EntityManager, id: string): Promise<OrganizationRow | null> {
    return rows.findOneBy(OrganizationRow, { id })
  }

  async insertOrganization(rows: EntityManager, organization: OrganizationRow): Promise<void> {
    await rows.insert(OrganizationRow, organization)
  }
}
