import { Controller, Get, Inject, Post } from '@nestjs/common'
import {
  createOrganizationSchema,
  type IdPath,
  idPathSchema,
  type Organization,
  type PageQuery,
  pageQuerySchema,
} from '@portitor/contracts'
import { Path, Query } from '@portitor/service'
import { v7 as uuidv7 } from 'uuid'
import { Call } from '../changes/call.decorator.ts'
import { ChangesStore } from '../changes/changes.store.ts'
import { afterId, type Page, toPage } from '../changes/cursor.ts'
import { found } from '../changes/found.ts'
import { toOrganization } from './organization.row.ts'
import { WorkspacesStore } from './workspaces.store.ts'

/** Who workspaces belong to. Operators only. */
@Controller('api/v1/organizations')
export class OrganizationsController {
  constructor(
    @Inject(WorkspacesStore) readonly workspaces: WorkspacesStore,
    @Inject(ChangesStore) readonly changes: ChangesStore,
  ) {}

  @Get()
  async list(@Query(pageQuerySchema) { cursor, limit }: PageQuery): Promise<Page<Organization>> {
    const after = afterId(cursor)
    const rows = await this.changes.read(undefined, (tx) => this.workspaces.organizations(tx, after, limit + 1))
    return toPage(rows, limit, ({ id }) => id, toOrganization)
  }

  @Get(':id')
  async read(@Path(idPathSchema) { id }: IdPath): Promise<Organization> {
    const row = await this.changes.read(undefined, (rows) => this.workspaces.organization(rows, id))
    return toOrganization(found('organization', row))
  }

  @Post()
  async create(@Call() call: Call): Promise<Organization> {
    const body = call.body(createOrganizationSchema)
    const undertaking = { workspaceId: undefined, action: 'organization.created', creates: body }
    return call.answer(
      await this.changes.commit(call, undertaking, async (rows) => {
        const row = { id: uuidv7(), name: body.name, createdAt: call.at }
        await this.workspaces.insertOrganization(rows, row)
        const answer = toOrganization(row)
        return { answer, target: `organization:${row.id}`, after: answer, changed: [] }
      }),
    )
  }
}
