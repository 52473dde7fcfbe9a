import { Controller, Get, Headers, Inject, Post, Res } from '@nestjs/common'
import {
  type CreateWorkspace,
  createWorkspaceSchema,
  type PageQuery,
  pageQuerySchema,
  type Workspace,
  type IdPath,
  idPathSchema,
} from '@portitor/contracts'
import { JsonBody, parse, Path, ProblemException, Query } from '@portitor/service'
import type { FastifyReply } from 'fastify'
import { v7 as uuidv7 } from 'uuid'
import { z } from 'zod'
import { ChangesStore } from './changes.store.ts'
import { fromCursor, toCursor } from './cursor.ts'
import { workspaceChanged } from './identity-changed.ts'
import { toWorkspace } from './workspace.row.ts'
import { WorkspacesStore } from './workspaces.store.ts'

const cursorSchema = z.object({ cursor: z.uuid('next_cursor of an earlier page').optional() })
const keySchema = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, '1 to 255 visible ASCII characters')
    .optional(),
})

/** The tenants. Operators only (I-1, as far as issue 3 goes). */
@Controller('api/v1/workspaces')
export class WorkspacesController {
  constructor(
    @Inject(WorkspacesStore) readonly workspaces: WorkspacesStore,
    @Inject(ChangesStore) readonly changes: ChangesStore,
  ) {}

  @Get()
  async list(@Query(pageQuerySchema) query: PageQuery): Promise<{ data: Workspace[]; next_cursor: string | null }> {
    const { cursor } = parse(
      cursorSchema,
      { cursor: query.cursor === undefined ? undefined : fromCursor(query.cursor) },
      'query',
    )
    // One more than asked for tells whether there is a next page.
    const rows = await this.workspaces.page(cursor, query.limit + 1)
    const page = rows.slice(0, query.limit)
    const last = rows.length > query.limit ? page.at(-1) : undefined
    return { data: page.map(toWorkspace), next_cursor: last === undefined ? null : toCursor(last.id) }
  }

  @Get(':id')
  async read(@Path(idPathSchema) { id }: IdPath): Promise<Workspace> {
    const row = await this.workspaces.find(id)
    if (row === null) throw new ProblemException(404, 'workspace.not_found', 'There is no workspace of this id.')
    return toWorkspace(row)
  }

  @Post()
  async create(
    @JsonBody(createWorkspaceSchema) body: CreateWorkspace,
    @Headers('idempotency-key') header: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Workspace> {
    const { 'idempotency-key': key } = parse(keySchema, { 'idempotency-key': header }, 'header')
    const at = new Date()
    const { answer, replayed } = await this.changes.commit(
      { operation: 'create workspace', key, body, at },
      async (rows) => {
        const row = { id: uuidv7(), name: body.name, status: 'active', createdAt: at } as const
        await this.workspaces.insert(rows, row)
        const workspace = toWorkspace(row)
        return { answer: workspace, messages: [workspaceChanged(workspace)] }
      },
    )
    if (replayed) void reply.header('idempotency-replayed', 'true')
    return answer
  }
}
