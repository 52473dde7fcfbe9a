import { Controller, Get, HttpCode, Inject, Patch, Post } from '@nestjs/common'
import {
  createWorkspaceSchema,
  type IdPath,
  idPathSchema,
  type PageQuery,
  pageQuerySchema,
  patchWorkspaceSchema,
  type Workspace,
} from '@portitor/contracts'
import { Caller, Path, ProblemException, Query } from '@portitor/service'
import { v7 as uuidv7 } from 'uuid'
import { Call } from '../changes/call.decorator.ts'
import { ChangesStore } from '../changes/changes.store.ts'
import { afterId, type Page, toPage } from '../changes/cursor.ts'
import { found } from '../changes/found.ts'
import { DEFAULT_ORGANIZATION_ID } from '../migrations/0003-identity.ts'
import { nextWorkspaceStatus, type WorkspaceStep } from '../changes/next-status.ts'
import { rowWith } from '../changes/row-with.ts'
import { tenantAt } from '../changes/tenant-at.ts'
import { toWorkspace, type WorkspaceRow } from './workspace.row.ts'
import { WorkspacesStore } from './workspaces.store.ts'

/** The tenants (I-1). An operator sees all of them, anybody else those they belong to. */
@Controller('api/v1/workspaces')
export class WorkspacesController {
  constructor(
    @Inject(WorkspacesStore) readonly workspaces: WorkspacesStore,
    @Inject(ChangesStore) readonly changes: ChangesStore,
  ) {}

  @Get()
  async list(
    @Caller() { principal }: Caller,
    @Query(pageQuerySchema) { cursor, limit }: PageQuery,
  ): Promise<Page<Workspace>> {
    const ids = principal.operator ? undefined : principal.memberships.map(({ workspace_id }) => workspace_id)
    const wanted = { after: afterId(cursor), ids, take: limit + 1 }
    const rows = await this.changes.read(undefined, (tx) => this.workspaces.page(tx, wanted))
    return toPage(rows, limit, ({ id }) => id, toWorkspace)
  }

  @Get(':id')
  async read(@Caller() caller: Caller, @Path(idPathSchema) { id }: IdPath): Promise<Workspace> {
    const tenant = tenantAt(caller, id, 'workspaces:read')
    return toWorkspace(found('workspace', await this.changes.read(tenant, (rows) => this.workspaces.find(rows, id))))
  }

  @Post()
  async create(@Call() call: Call): Promise<Workspace> {
    const body = call.body(createWorkspaceSchema)
    const undertaking = { workspaceId: undefined, action: 'workspace.created', creates: body }
    return call.answer(
      await this.changes.commit(call, undertaking, async (rows) => {
        const organizationId = body.organization_id ?? DEFAULT_ORGANIZATION_ID
        found('organization', await this.workspaces.organization(rows, organizationId))
        const row: WorkspaceRow = {
          id: uuidv7(),
          organizationId,
          name: body.name,
          status: 'active',
          testOf: null,
          createdAt: call.at,
        }
        await this.workspaces.insert(rows, row)
        return changeOf(undefined, row)
      }),
    )
  }

  @Patch(':id')
  async rename(@Call() call: Call, @Path(idPathSchema) { id }: IdPath): Promise<Workspace> {
    const tenant = tenantAt(call.caller, id, 'workspaces:write')
    found('workspace', await this.changes.read(tenant, (rows) => this.workspaces.find(rows, id)))
    const { name } = call.body(patchWorkspaceSchema)
    return call.answer(
      await this.changes.commit(call, { workspaceId: tenant, action: 'workspace.renamed' }, async (rows) => {
        const row = found('workspace', await this.workspaces.findForChange(rows, id))
        await this.workspaces.rename(rows, id, name)
        return changeOf(row, rowWith(row, { name }))
      }),
    )
  }

  @Post(':id/suspend')
  @HttpCode(200)
  async suspend(@Call() call: Call, @Path(idPathSchema) { id }: IdPath): Promise<Workspace> {
    return this.#take('suspend', 'workspace.suspended', call, id)
  }

  @Post(':id/reinstate')
  @HttpCode(200)
  async reinstate(@Call() call: Call, @Path(idPathSchema) { id }: IdPath): Promise<Workspace> {
    return this.#take('reinstate', 'workspace.reinstated', call, id)
  }

  @Post(':id/close')
  @HttpCode(200)
  async close(@Call() call: Call, @Path(idPathSchema) { id }: IdPath): Promise<Workspace> {
    return this.#take('close', 'workspace.closed', call, id)
  }

  async #take(step: WorkspaceStep, action: string, call: Call, id: string): Promise<Workspace> {
    const { answer } = await this.changes.commit(call, { workspaceId: undefined, action }, async (rows) => {
      const row = found('workspace', await this.workspaces.findForChange(rows, id))
      const status = nextWorkspaceStatus(step, row.status)
      if (status === undefined)
        throw new ProblemException(409, 'workspace.state', `The workspace is ${row.status}: it cannot take this step.`)
      await this.workspaces.setStatus(rows, id, status)
      return changeOf(row, rowWith(row, { status }))
    })
    return answer
  }
}

function changeOf(was: WorkspaceRow | undefined, is: WorkspaceRow) {
  const workspace = toWorkspace(is)
  return {
    answer: workspace,
    target: `workspace:${is.id}`,
    ...(was === undefined ? {} : { before: toWorkspace(was) }),
    after: workspace,
    workspaceId: is.id,
    changed: [{ kind: 'workspace', workspace } as const],
  }
}
