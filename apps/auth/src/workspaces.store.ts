import { Inject, Injectable } from '@nestjs/common'
import { DataSource, type EntityManager, LessThan } from 'typeorm'
import { WorkspaceRow } from './workspace.row.ts'

@Injectable()
export class WorkspacesStore {
  constructor(@Inject(DataSource) readonly source: DataSource) {}

  /** Newest first, from the one after `afterId` on. */
  async page(afterId: string | undefined, limit: number): Promise<WorkspaceRow[]> {
    return this.source.getRepository(WorkspaceRow).find({
      ...(afterId === undefined ? {} : { where: { id: LessThan(afterId) } }),
      order: { id: 'DESC' },
      take: limit,
    })
  }

  async find(id: string): Promise<WorkspaceRow | null> {
    return this.source.getRepository(WorkspaceRow).findOneBy({ id })
  }

  async insert(rows: EntityManager, workspace: WorkspaceRow): Promise<void> {
    await rows.insert(WorkspaceRow, workspace)
  }
}
