import { Injectable } from '@nestjs/common'
import { builtInRoles } from '@portitor/contracts'
import { type EntityManager, LessThan } from 'typeorm'
import { MemberRow } from './member.row.ts'
import { RoleRow } from './role.row.ts'

@Injectable()
export class RolesStore {
  /** The workspace's own, newest first, from the one after `after` on. */
  async page(rows: EntityManager, workspaceId: string, after: string | undefined, take: number): Promise<RoleRow[]> {
    const where = { workspaceId, ...(after === undefined ? {} : { id: LessThan(after) }) }
    return rows.find(RoleRow, { where, order: { id: 'DESC' }, take })
  }

  async find(rows: EntityManager, workspaceId: string, id: string): Promise<RoleRow | null> {
    return rows.findOneBy(RoleRow, { workspaceId, id })
  }

  /** Held until the commit, so that nobody is given it in the meantime. */
  async findForChange(rows: EntityManager, workspaceId: string, id: string): Promise<RoleRow | null> {
    return rows.findOne(RoleRow, { where: { workspaceId, id }, lock: { mode: 'pessimistic_write' } })
  }

  /** The scopes of a role by its name; undefined where there is none. It stays what it is until the commit. */
  async scopesOf(rows: EntityManager, workspaceId: string, name: string): Promise<readonly string[] | undefined> {
    if (Object.hasOwn(builtInRoles, name)) return builtInRoles[name]
    const row = await rows.findOne(RoleRow, { where: { workspaceId, name }, lock: { mode: 'pessimistic_read' } })
    return row?.scopes
  }

  /** False where the workspace has a role of this name. */
  async insert(rows: EntityManager, role: RoleRow): Promise<boolean> {
    const inserted: unknown[] = await rows.query(
      `insert into auth.roles (id, workspace_id, name, scopes, created_at) values ($1, $2, $3, $4, $5)
       on conflict (workspace_id, name) do nothing returning id`,
      [role.id, role.workspaceId, role.name, role.scopes, role.createdAt],
    )
    return inserted.length > 0
  }

  async setScopes(rows: EntityManager, { workspaceId, id }: RoleRow, scopes: string[]): Promise<void> {
    await rows.update(RoleRow, { workspaceId, id }, { scopes })
  }

  async inUse(rows: EntityManager, { workspaceId, name }: RoleRow): Promise<boolean> {
    return rows.existsBy(MemberRow, { workspaceId, role: name })
  }

  async remove(rows: EntityManager, { workspaceId, id }: RoleRow): Promise<void> {
    await rows.delete(RoleRow, { workspaceId, id })
  }
}
