import { Controller, Delete, Get, Inject, Patch, Post } from '@nestjs/common'
import {
  addMemberSchema,
  type IdPath,
  idPathSchema,
  type Member,
  type PageQuery,
  pageQuerySchema,
  patchMemberSchema,
} from '@portitor/contracts'
import { Caller, Path, ProblemException, Query } from '@portitor/service'
import type { EntityManager } from 'typeorm'
import { outsideTenant, workspaceOf } from '../changes/act-as.ts'
import { Call } from '../changes/call.decorator.ts'
import { ChangesStore } from '../changes/changes.store.ts'
import { afterMoment, momentPlace, type Page, toPage } from '../changes/cursor.ts'
import { found } from '../changes/found.ts'
import { userChanged } from '../changes/identity-changed.ts'
import { type MemberRow, toMember } from './member.row.ts'
import { MembersStore } from './members.store.ts'
import { PeopleStore } from './people.store.ts'
import { requireOwnScopes } from '../changes/refused-grant.ts'
import { RolesStore } from './roles.store.ts'
import { rowWith } from '../changes/row-with.ts'
import { TeamsStore } from './teams.store.ts'

/** Who belongs to a workspace, in which role (I-1). A workspace that has an owner keeps one. */
@Controller('api/v1/members')
export class MembersController {
  constructor(
    @Inject(MembersStore) readonly members: MembersStore,
    @Inject(PeopleStore) readonly people: PeopleStore,
    @Inject(RolesStore) readonly roles: RolesStore,
    @Inject(TeamsStore) readonly teams: TeamsStore,
    @Inject(ChangesStore) readonly changes: ChangesStore,
  ) {}

  @Get()
  async list(@Caller() caller: Caller, @Query(pageQuerySchema) { cursor, limit }: PageQuery): Promise<Page<Member>> {
    const workspaceId = workspaceOf(caller)
    const after = afterMoment(cursor)
    const page = await this.changes.read(workspaceId, (rows) => this.members.page(rows, workspaceId, after, limit + 1))
    return toPage(page, limit, momentPlace, toMember)
  }

  @Post()
  async add(@Call() call: Call): Promise<Member> {
    const workspaceId = workspaceOf(call.caller)
    const body = call.body(addMemberSchema)
    return call.answer(
      await this.changes.commit(call, { workspaceId, action: 'member.added', creates: body }, async (rows) => {
        await this.#mayGive(rows, call.caller, { workspaceId, role: body.role, teamId: body.team_id })
        const { email, name = null, role, team_id: teamId = null } = body
        const { id: userId } = await outsideTenant(rows, () => this.people.findOrCreate(rows, { email }, call.at))
        const row: MemberRow = { workspaceId, userId, email, name, role, teamId, createdAt: call.at }
        if (!(await this.members.insert(rows, row)))
          throw new ProblemException(409, 'member.exists', `${email} is a member of this workspace already.`)
        const answer = toMember(row)
        return { answer, target: `user:${userId}`, after: answer, changed: [userChanged(userId)] }
      }),
    )
  }

  @Patch(':id')
  async change(@Call() call: Call, @Path(idPathSchema) { id }: IdPath): Promise<Member> {
    const workspaceId = workspaceOf(call.caller)
    found('member', await this.changes.read(workspaceId, (rows) => this.members.find(rows, workspaceId, id)))
    const body = call.body(patchMemberSchema)
    const undertaking = { workspaceId, action: 'member.changed', target: `user:${id}` }
    return call.answer(
      await this.changes.commit(call, undertaking, async (rows) => {
        await this.#mayGive(rows, call.caller, { workspaceId, role: body.role, teamId: body.team_id })
        const row = await this.#held(rows, call.caller, id, body.role)
        const changed = rowWith(row, {
          role: body.role ?? row.role,
          teamId: body.team_id === undefined ? row.teamId : body.team_id,
        })
        await this.members.update(rows, changed)
        return changeOf(row, changed)
      }),
    )
  }

  @Delete(':id')
  async remove(@Call() call: Call, @Path(idPathSchema) { id }: IdPath): Promise<Member> {
    const workspaceId = workspaceOf(call.caller)
    return call.answer(
      await this.changes.commit(call, { workspaceId, action: 'member.removed' }, async (rows) => {
        const row = await this.#held(rows, call.caller, id, null)
        await this.members.remove(rows, row)
        return changeOf(row, undefined)
      }),
    )
  }

  /** A role and a team of this workspace, and no role with more than the caller holds. */
  async #mayGive(
    rows: EntityManager,
    caller: Caller,
    { workspaceId, role, teamId }: { workspaceId: string; role: string | undefined; teamId: string | null | undefined },
  ): Promise<void> {
    if (role !== undefined)
      requireOwnScopes(caller, found('role', await this.roles.scopesOf(rows, workspaceId, role), role))
    if (teamId != null) found('team', await this.teams.find(rows, workspaceId, teamId), teamId)
  }

  /**
   * The member, held until the commit; `role` is what it becomes, null where it leaves. Nobody takes a role away that they
   * could not give: else whoever may only add people could put out the owners.
   */
  async #held(rows: EntityManager, caller: Caller, id: string, role: string | null | undefined): Promise<MemberRow> {
    const workspaceId = workspaceOf(caller)
    const owners = await this.members.lockOwners(rows, workspaceId)
    const row = found('member', await this.members.findForChange(rows, workspaceId, id))
    if (role !== undefined && role !== 'owner' && owners.length === 1 && owners[0] === row.userId)
      throw new ProblemException(
        409,
        'member.last_owner',
        'Nobody would be left to own the workspace: name another owner first.',
      )
    if (role !== undefined) requireOwnScopes(caller, (await this.roles.scopesOf(rows, workspaceId, row.role)) ?? [])
    return row
  }
}

function changeOf(was: MemberRow, is: MemberRow | undefined) {
  const before = toMember(was)
  const after = is === undefined ? undefined : toMember(is)
  return {
    answer: after ?? before,
    target: `user:${was.userId}`,
    before,
    ...(after === undefined ? {} : { after }),
    changed: [userChanged(was.userId)],
  }
}
