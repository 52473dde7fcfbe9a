import { Readable } from 'node:stream'
import { Controller, Get, Inject, StreamableFile } from '@nestjs/common'
import { Bus, readPositions } from '@portitor/bus'
import {
  type EventTransfersQuery,
  eventTransfersQuerySchema,
  type ExportLedgerQuery,
  exportLedgerQuerySchema,
  type LedgerPage,
  type LedgerPositions,
  type LedgerTransfer,
  type ListLedgerQuery,
  listLedgerQuerySchema,
  transferPathSchema,
  usageRatedTopic,
} from '@portitor/contracts'
import { Database } from '@portitor/postgres'
import { OptionalWorkspaceId, Path, ProblemException, Query } from '@portitor/service'
import { exportFormats } from './export-ledger.ts'
import { findTransfer, findTransfersOf, listTransfers, type LedgerQuery } from './ledger.store.ts'
import { fromCursor, toCursor } from './page-cursor.ts'
import { LEDGER_CONSUMER } from './post-rated.consumer.ts'
import { readAs, refuseTenant, scopeOf, type Scope } from './read-as.ts'
import { postedPositions } from './positions.ts'

const EXPORT_PAGE_ROWS = 1_000

/** The transfers, as customers see their own and operators see all (L-8). */
@Controller('/api/v1/ledger')
export class LedgerController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Bus) private readonly bus: Bus,
  ) {}

  @Get()
  async list(
    @OptionalWorkspaceId() tenant: string | undefined,
    @Query(listLedgerQuerySchema) { cursor, limit, ...filters }: ListLedgerQuery,
  ): Promise<LedgerPage> {
    const { workspaceId } = scopeOf(tenant, filters.workspace_id)
    const before = cursor === undefined ? undefined : fromCursor('transfer', cursor)[0]
    const { transfers, next } = await readAs(this.database, tenant, (tx) =>
      listTransfers(tx, { workspaceId, filters, before, limit }),
    )
    return { data: transfers, next_cursor: next === null ? null : toCursor('transfer', next) }
  }

  @Get('export')
  export(
    @OptionalWorkspaceId() tenant: string | undefined,
    @Query(exportLedgerQuerySchema) { format, ...filters }: ExportLedgerQuery,
  ): StreamableFile {
    const { mediaType, extension, head, line } = exportFormats[format]
    const pages = this.pages(scopeOf(tenant, filters.workspace_id), filters)
    async function* text() {
      if (head !== '') yield head
      for await (const transfers of pages) yield transfers.map(line).join('')
    }
    const disposition = `attachment; filename="ledger.${extension}"`
    return new StreamableFile(Readable.from(text(), { objectMode: false }), { type: mediaType, disposition })
  }

  /** Asked by rating: where is event X (M-13), and what was posted of it. */
  @Get('transfers')
  async ofEvent(
    @OptionalWorkspaceId() tenant: string | undefined,
    @Query(eventTransfersQuerySchema) query: EventTransfersQuery,
  ): Promise<LedgerPage> {
    const { workspaceId } = scopeOf(tenant, query.workspace_id)
    if (workspaceId === undefined)
      throw new ProblemException(
        400,
        'workspace.required',
        'An event belongs to a workspace: name it in x-workspace-id, or as an operator in workspace_id.',
      )
    return {
      data: await readAs(this.database, tenant, (tx) => findTransfersOf(tx, workspaceId, query)),
      next_cursor: null,
    }
  }

  @Get('transfers/:id')
  async read(
    @OptionalWorkspaceId() tenant: string | undefined,
    @Path(transferPathSchema) { id }: { id: string },
  ): Promise<LedgerTransfer> {
    const transfer = await readAs(this.database, tenant, (tx) => findTransfer(tx, tenant, id))
    if (transfer === undefined)
      throw new ProblemException(404, 'transfer.not_found', 'There is no transfer of this id here.')
    return transfer
  }

  @Get('positions')
  async positions(@OptionalWorkspaceId() tenant: string | undefined): Promise<LedgerPositions> {
    refuseTenant(tenant)
    const positions = await readPositions(this.database, LEDGER_CONSUMER, usageRatedTopic)
    const data = postedPositions(positions, this.bus.partitions)
    return { data: data.map(({ partition, sequence }) => ({ partition, sequence: sequence?.toString() ?? null })) }
  }

  /** Page after page, each a short query of its own: an export of any size holds one page in memory and no snapshot open. */
  private async *pages({ tenant, workspaceId }: Scope, filters: LedgerQuery['filters']) {
    let before: string | undefined
    for (;;) {
      const query = { workspaceId, filters, before, limit: EXPORT_PAGE_ROWS }
      const { transfers, next } = await readAs(this.database, tenant, (tx) => listTransfers(tx, query))
      yield transfers
      if (next === null) return
      before = next
    }
  }
}
