import { Injectable } from '@nestjs/common'
import type { EntityManager } from 'typeorm'
import { MemberRow } from './member.row.ts'

@Injectable()
export class MembersStore {
  /** Who joined last comes first, from the one after `after` on. */
  async page(
    rows: EntityManager,
    workspaceId: string,
    after: { at: Date; id: string } | undefined,
    take: number,
  ): Promise<MemberRow[]> {
    const query = rows
      .createQueryBuilder(MemberRow, 'member')
      .where('member.workspaceId = :workspaceId', { workspaceId })
    if (after !== undefined) query.andWhere('(member.createdAt, member.userId) < (:at, :id)', after)
    return query.orderBy('member.createdAt', 'DESC').addOrderBy('member.userId', 'DESC').limit(take).getMany()
  }

  async find(rows: EntityManager, workspaceId: string, userId: string): Promise<MemberRow | null> {
    return rows.findOneBy(MemberRow, { workspaceId, userId })
  }

  /**
   * The owners, held until the commit in the order of their ids: two who remove each other wait for one another, and the
   * second finds itself the last.
   */
  async lockOwners(rows: EntityManager, workspaceId: string): Promise<string[]> {
    const owners = await rows.find(MemberRow, {
      where: { workspaceId, role: 'owner' },
      order: { userId: 'ASC' },
      lock: { mode: 'pessimistic_write' },
    })
    return owners.map(({ userId }) => userId)
  }

  async findForChange(rows: EntityManager, workspaceId: string, userId: string): Promise<MemberRow | null> {
    return rows.findOne(MemberRow, { where: { workspaceId, userId }, lock: { mode: 'pessimistic_write' } })
  }

  /** False where the person is a member already. */
  async insert(rows: EntityManager, member: MemberRow): Promise<boolean> {
    const inserted: unknown[] = await rows.query(
      `insert into auth.memberships (workspace_id, user_id, email, name, role, team_id, created_at) values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (workspace_id, user_id) do nothing returning user_id`,
      [member.workspaceId, member.userId, member.email, member.name, member.role, member.teamId, member.createdAt],
    )
    return inserted.length > 0
  }

  async update(rows: EntityManager, { workspaceId, userId, role, teamId }: MemberRow): Promise<void> {
    await rows.update(MemberRow, { workspaceId, userId }, { role, teamId })
  }

  async remove(rows: EntityManager, { workspaceId, userId }: MemberRow): Promise<void> {
    await rows.delete(MemberRow, { workspaceId, userId })
  }
}
