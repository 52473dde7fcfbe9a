import { Controller, Get, Inject } from '@nestjs/common'
import { type BillAnswer, billQuerySchema } from '@portitor/contracts'
import { Database } from '@portitor/postgres'
import { ProblemException, Query, WorkspaceId } from '@portitor/service'
import type { z } from 'zod'
import { CatalogCache } from '../catalog.cache.ts'
import { findSubscriptions } from '../subscriptions/subscriptions.store.ts'
import { askedPeriod } from './asked-period.ts'
import { billAnswer } from './bill-answer.ts'
import { billedParts } from './billed-parts.ts'
import { findClosedPeriods } from './closed-periods.store.ts'
import { countActives } from './period-actives.store.ts'
import { billPeriod } from './period-bill.ts'
import { partsOf } from './period-parts.ts'
import { sumUsage } from './period-usage.store.ts'

/** What a billing period comes to so far (B-8). Read as the workspace, so the database itself shows no cost and no other tenant. */
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
    const { plans, books } = await this.catalog.inForce(this.database)
    const { asked, isClosed, usage, actives } = await this.database.asTenant(workspaceId, async (tx) => {
      const subscriptions = await findSubscriptions(tx, [workspaceId])
      const asked = askedPeriod(query.period, workspaceId, { subscriptions, nowMs })
      if ('refused' in asked) throw new ProblemException(404, 'period.not_found', asked.refused)
      const { period } = asked
      const closed = await findClosedPeriods(tx, [{ workspaceId, period }])
      return {
        asked,
        isClosed: closed.has(workspaceId, period.label),
        usage: await sumUsage(tx, workspaceId, period.label),
        actives: await countActives(tx, workspaceId, period.label),
      }
    })
    const { subscription, period } = asked
    const billed = billedParts(subscription === undefined ? [] : partsOf(subscription, period), plans)
    if ('refused' in billed) throw new ProblemException(409, billed.refused.code, billed.refused.detail)
    const { parts } = billed
    const bill = billPeriod(parts, { usage, actives })
    if ('refused' in bill) throw new ProblemException(409, bill.refused.code, bill.refused.detail)
    const currency = parts.at(-1)?.plans[0].plan.currency ?? books.price.at(-1)?.currency
    if (currency === undefined)
      throw new ProblemException(
        409,
        'pricing.no_book',
        'No price book is published, so there is no currency to bill in.',
      )
    return billAnswer({ workspaceId, period, subscription, isClosed, nowMs, parts, currency, bill })
  }
}
