import { Controller, Delete, Get, Inject, Post } from '@nestjs/common'
import {
  createTeamSchema,
  type IdPath,
  idPathSchema,
  type PageQuery,
  pageQuerySchema,
  type Team,
} from '@portitor/contracts'
import { Caller, Path, Query } from '@portitor/service'
import { v7 as uuidv7 } from 'uuid'
import { workspaceOf } from '../changes/act-as.ts'
import { Call } from '../changes/call.decorator.ts'
import { ChangesStore } from '../changes/changes.store.ts'
import { afterId, type Page, toPage } from '../changes/cursor.ts'
import { found } from '../changes/found.ts'
import { userChanged } from '../changes/identity-changed.ts'
import { toTeam } from './team.row.ts'
import { TeamsStore } from './teams.store.ts'

@Controller('api/v1/teams')
export class TeamsController {
  constructor(
    @Inject(TeamsStore) readonly teams: TeamsStore,
    @Inject(ChangesStore) readonly changes: ChangesStore,
  ) {}

  @Get()
  async list(@Caller() caller: Caller, @Query(pageQuerySchema) { cursor, limit }: PageQuery): Promise<Page<Team>> {
    const workspaceId = workspaceOf(caller)
    const after = afterId(cursor)
    const rows = await this.changes.read(workspaceId, (tx) => this.teams.page(tx, workspaceId, after, limit + 1))
    return toPage(rows, limit, ({ id }) => id, toTeam)
  }

  @Post()
  async create(@Call() call: Call): Promise<Team> {
    const workspaceId = workspaceOf(call.caller)
    const body = call.body(createTeamSchema)
    return call.answer(
      await this.changes.commit(call, { workspaceId, action: 'team.created', creates: body }, async (rows) => {
        const row = { id: uuidv7(), workspaceId, name: body.name, createdAt: call.at }
        await this.teams.insert(rows, row)
        const answer = toTeam(row)
        return { answer, target: `team:${row.id}`, after: answer, changed: [] }
      }),
    )
  }

  @Delete(':id')
  async remove(@Call() call: Call, @Path(idPathSchema) { id }: IdPath): Promise<Team> {
    const workspaceId = workspaceOf(call.caller)
    return call.answer(
      await this.changes.commit(call, { workspaceId, action: 'team.removed' }, async (rows) => {
        const row = found('team', await this.teams.find(rows, workspaceId, id))
        const members = await this.teams.remove(rows, row)
        const answer = toTeam(row)
        return { answer, target: `team:${id}`, before: answer, changed: members.map(userChanged) }
      }),
    )
  }
}
