import { Controller, Get, Inject } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import {
  type ListReconciliationsQuery,
  listReconciliationsQuerySchema,
  type Reconciliation,
  type ReconciliationPage,
} from '@portitor/contracts'
import { Database } from '@portitor/postgres'
import { OptionalWorkspaceId, Peers, Query } from '@portitor/service'
import { fromCursor, toCursor } from './page-cursor.ts'
import { refuseTenant } from './read-as.ts'
import { reconcile } from './reconcile.ts'
import { listReconciliations } from './reconciliations.store.ts'

/** The proof that everything adds up, on demand and as it was found on schedule (L-11). Operators only. */
@Controller('/api/v1/reconciliation')
export class ReconciliationController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Bus) private readonly bus: Bus,
    @Inject(Peers) private readonly peers: Peers,
  ) {}

  @Get()
  async now(@OptionalWorkspaceId() tenant: string | undefined): Promise<Reconciliation> {
    refuseTenant(tenant)
    return reconcile(this.database, this.bus.partitions, this.peers)
  }

  @Get('runs')
  async runs(
    @OptionalWorkspaceId() tenant: string | undefined,
    @Query(listReconciliationsQuerySchema) { cursor, limit }: ListReconciliationsQuery,
  ): Promise<ReconciliationPage> {
    refuseTenant(tenant)
    const before = cursor === undefined ? undefined : fromCursor('run', cursor)[0]
    const { runs, next } = await listReconciliations(this.database, { before, limit })
    return { data: runs, next_cursor: next === null ? null : toCursor('run', next) }
  }
}
