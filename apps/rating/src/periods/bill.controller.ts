import { Controller, Get, Inject } from '@nestjs/common'
import { type BillAnswer, billQuerySchema } from '@portitor/contracts'
import { Database } from '@portitor/postgres'
import { ProblemException, Query, WorkspaceId } from '@portitor/service'
import type { z } from 'zod'
import { CatalogCache } from '../catalog/catalog.cache.ts'
import { findSubscriptions } from '../subscriptions/subscriptions.store.ts'
import { askedPeriod } from './asked-period.ts'
import { billOfPeriod } from './bill-of-period.ts'
import { findClosedBill } from './closed-periods.store.ts'

/** What a billing period comes to so far, or came to when it was closed (B-8). Read as the workspace, so the database itself shows no cost and no other tenant. */
@Controller('/api/v1/pricing/bill')
export class BillController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(CatalogCache) private readonly catalog: CatalogCache,
  ) {}

  @Get()
  async bill(
    @WorkspaceId() workspaceId: string,
    @Query(billQuerySchema) query: z.infer<typeof billQuerySchema>,
  ): Promise<BillAnswer> {
    const nowMs = Date.now()
    const catalog = await this.catalog.inForce(this.database)
    return this.database.asTenant(workspaceId, async (tx) => {
      const subscriptions = await findSubscriptions(tx, [workspaceId])
      const asked = askedPeriod(query.period, workspaceId, { subscriptions, nowMs })
      if ('refused' in asked) throw new ProblemException(404, 'period.not_found', asked.refused)
      const closed = await findClosedBill(tx, workspaceId, asked.period.label)
      return closed ?? billOfPeriod(tx, asked, { workspaceId, catalog, nowMs, isClosed: false })
    })
  }
}
