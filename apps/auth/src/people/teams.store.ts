import { Injectable } from '@nestjs/common'
import { type EntityManager, LessThan } from 'typeorm'
import { MemberRow } from './member.row.ts'
import { TeamRow } from './team.row.ts'

@Injectable()
export class TeamsStore {
  /** Newest first, from the one after `after` on. */
  async page(rows: EntityManager, workspaceId: string, after: string | undefined, take: number): Promise<TeamRow[]> {
    const where = { workspaceId, ...(after === undefined ? {} : { id: LessThan(after) }) }
    return rows.find(TeamRow, { where, order: { id: 'DESC' }, take })
  }

  async find(rows: EntityManager, workspaceId: string, id: string): Promise<TeamRow | null> {
    return rows.findOneBy(TeamRow, { workspaceId, id })
  }

  async insert(rows: EntityManager, team: TeamRow): Promise<void> {
    await rows.insert(TeamRow, team)
  }

  /** Answers who was in it: they stay in the workspace, in no team. */
  async remove(rows: EntityManager, { workspaceId, id }: TeamRow): Promise<string[]> {
    const members = await rows.find(MemberRow, { where: { workspaceId, teamId: id }, order: { userId: 'ASC' } })
    await rows.delete(TeamRow, { workspaceId, id })
    return members.map(({ userId }) => userId)
  }
}
