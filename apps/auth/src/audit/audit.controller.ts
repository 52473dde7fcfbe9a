import { Readable } from 'node:stream'
import { Controller, Get, Inject, StreamableFile } from '@nestjs/common'
import {
  type AuditEntry,
  type AuditVerification,
  exportAuditQuerySchema,
  type ListAuditQuery,
  listAuditQuerySchema,
} from '@portitor/contracts'
import { Database, type Queryable } from '@portitor/postgres'
import { Caller, Query } from '@portitor/service'
import { fromAuditCursor, toAuditCursor } from './audit-cursor.ts'
import {
  type AuditFilters,
  type ChainHead,
  type ChainPlace,
  exportAudit,
  listAudit,
  readChain,
  readChains,
} from './audit-reading.store.ts'
import { OPERATOR_CHAIN } from '../migrations/0004-audit.ts'
import { chainStart, continueChain, endChain } from './verify-chain.ts'

const PAGE_ENTRIES = 500
const PAGE_CHAINS = 100

/** The audit log (C-1): a workspace reads its own chain, an operator without one reads all. */
@Controller('api/v1/audit')
export class AuditController {
  constructor(@Inject(Database) readonly database: Database) {}

  @Get()
  async list(
    @Caller() caller: Caller,
    @Query(listAuditQuerySchema) { cursor, limit, ...filters }: ListAuditQuery,
  ): Promise<{ data: AuditEntry[]; next_cursor: string | null }> {
    const before = fromAuditCursor(cursor)
    const entries = await this.readAs(caller, (db) => listAudit(db, { filters, before, limit: limit + 1 }))
    const data = entries.slice(0, limit)
    const last = entries.length > limit ? data.at(-1) : undefined
    return { data, next_cursor: last === undefined ? null : toAuditCursor(last) }
  }

  @Get('verify')
  async verify(@Caller() caller: Caller): Promise<AuditVerification> {
    const chains: AuditVerification['chains'] = []
    let after: string | undefined
    for (;;) {
      const page = await this.readAs(caller, (db) => readChains(db, after, PAGE_CHAINS))
      for (const chain of page) chains.push(await this.verifyChain(caller, chain))
      after = page.at(-1)?.workspaceId
      if (page.length < PAGE_CHAINS) break
    }
    return {
      ok: chains.every(({ broken }) => broken === null),
      entries: chains.reduce((sum, { entries }) => sum + entries, 0),
      chains,
    }
  }

  @Get('export')
  export(@Caller() caller: Caller, @Query(exportAuditQuerySchema) filters: AuditFilters): StreamableFile {
    return new StreamableFile(Readable.from(this.lines(caller, filters), { objectMode: false }), {
      type: 'application/x-ndjson',
      disposition: 'attachment; filename="audit.ndjson"',
    })
  }

  /** Page after page, each a short query of its own: a chain of any length holds one page in memory. */
  private async verifyChain(caller: Caller, { workspaceId, head, last }: ChainHead) {
    const until = head?.sequence ?? last
    let state = chainStart
    for (;;) {
      const place = { workspaceId, sequence: state.sequence }
      const page = await this.readAs(caller, (db) => readChain(db, place, { until, limit: PAGE_ENTRIES }))
      state = continueChain(state, page)
      if (page.length < PAGE_ENTRIES || state.broken !== null) break
    }
    return {
      workspace_id: workspaceId === OPERATOR_CHAIN ? null : workspaceId,
      entries: state.entries,
      head_hash: (head?.hash ?? state.hash).toString('hex'),
      broken: endChain(state, head, last),
    }
  }

  private async *lines(caller: Caller, filters: AuditFilters) {
    let after: ChainPlace | undefined
    for (;;) {
      const { entries, last } = await this.readAs(caller, (db) =>
        exportAudit(db, { filters, after, limit: PAGE_ENTRIES }),
      )
      yield entries.map((entry) => `${JSON.stringify(entry)}\n`).join('')
      after = last
      if (entries.length < PAGE_ENTRIES) return
    }
  }

  /** In a workspace the database itself hides every other chain; only an operator is over all of them. */
  private readAs<Result>({ workspaceId }: Caller, work: (db: Queryable) => Promise<Result>): Promise<Result> {
    return workspaceId === undefined ? work(this.database) : this.database.asTenant(workspaceId, work)
  }
}
