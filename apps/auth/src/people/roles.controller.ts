import { Controller, Delete, Get, Inject, Patch, Post } from '@nestjs/common'
import {
  builtInRoles,
  createRoleSchema,
  type IdPath,
  idPathSchema,
  type PageQuery,
  pageQuerySchema,
  patchRoleSchema,
  type Role,
} from '@portitor/contracts'
import { Caller, Path, ProblemException, Query } from '@portitor/service'
import { v7 as uuidv7 } from 'uuid'
import { workspaceOf } from '../changes/act-as.ts'
import { Call } from '../changes/call.decorator.ts'
import { ChangesStore } from '../changes/changes.store.ts'
import { type Page, toPage } from '../changes/cursor.ts'
import { found } from '../changes/found.ts'
import { roleChanged } from '../changes/identity-changed.ts'
import { productRolesAfter, rolePlace } from './list-roles.ts'
import { requireOwnScopes } from '../changes/refused-grant.ts'
import { toRole } from './role.row.ts'
import { RolesStore } from './roles.store.ts'
import { rowWith } from '../changes/row-with.ts'

/** Named sets of scopes (I-1): nobody gives one more than they hold themselves. */
@Controller('api/v1/roles')
export class RolesController {
  constructor(
    @Inject(RolesStore) readonly roles: RolesStore,
    @Inject(ChangesStore) readonly changes: ChangesStore,
  ) {}

  @Get()
  async list(@Caller() caller: Caller, @Query(pageQuerySchema) { cursor, limit }: PageQuery): Promise<Page<Role>> {
    const workspaceId = workspaceOf(caller)
    const { product, after } = productRolesAfter(cursor)
    const own = await this.changes.read(workspaceId, (rows) => this.roles.page(rows, workspaceId, after, limit + 1))
    return toPage([...product, ...own.map(toRole)].slice(0, limit + 1), limit, rolePlace, (role) => role)
  }

  @Post()
  async create(@Call() call: Call): Promise<Role> {
    const workspaceId = workspaceOf(call.caller)
    const body = call.body(createRoleSchema)
    return call.answer(
      await this.changes.commit(call, { workspaceId, action: 'role.created', creates: body }, async (rows) => {
        requireOwnScopes(call.caller, body.scopes)
        const row = { id: uuidv7(), workspaceId, name: body.name, scopes: body.scopes, createdAt: call.at }
        if (Object.hasOwn(builtInRoles, body.name) || !(await this.roles.insert(rows, row)))
          throw new ProblemException(409, 'role.exists', `There is a role ${body.name} already.`)
        const answer = toRole(row)
        return { answer, target: `role:${row.id}`, after: answer, changed: [roleChanged(row.id)] }
      }),
    )
  }

  @Patch(':id')
  async change(@Call() call: Call, @Path(idPathSchema) { id }: IdPath): Promise<Role> {
    const workspaceId = workspaceOf(call.caller)
    found('role', await this.changes.read(workspaceId, (rows) => this.roles.find(rows, workspaceId, id)))
    const { scopes } = call.body(patchRoleSchema)
    const undertaking = { workspaceId, action: 'role.changed', target: `role:${id}` }
    return call.answer(
      await this.changes.commit(call, undertaking, async (rows) => {
        const row = found('role', await this.roles.findForChange(rows, workspaceId, id))
        requireOwnScopes(call.caller, scopes)
        await this.roles.setScopes(rows, row, scopes)
        const answer = toRole(rowWith(row, { scopes }))
        return { answer, target: `role:${id}`, before: toRole(row), after: answer, changed: [roleChanged(id)] }
      }),
    )
  }

  @Delete(':id')
  async remove(@Call() call: Call, @Path(idPathSchema) { id }: IdPath): Promise<Role> {
    const workspaceId = workspaceOf(call.caller)
    return call.answer(
      await this.changes.commit(call, { workspaceId, action: 'role.removed' }, async (rows) => {
        const row = found('role', await this.roles.findForChange(rows, workspaceId, id))
        if (await this.roles.inUse(rows, row))
          throw new ProblemException(409, 'role.in_use', `Members have the role ${row.name}: give them another one.`)
        await this.roles.remove(rows, row)
        const answer = toRole(row)
        return { answer, target: `role:${id}`, before: answer, changed: [roleChanged(id)] }
      }),
    )
  }
}
