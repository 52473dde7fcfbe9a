import { setTimeout as sleep } from 'node:timers/promises'
import { Controller, Get, Inject } from '@nestjs/common'
import { type AnalyticsTotals, type AnalyticsTotalsQuery, analyticsTotalsQuerySchema } from '@portitor/contracts'
import { Query } from '@portitor/service'
import { isReached, readCut } from './totals-cut.ts'
import { TotalsStore } from './totals.store.ts'

const POLL_MS = 50
const WAIT_MS_MAX = 5_000

/** What reconciliation asks of analytics: the totals of what is stored of the rated log, at the ledger's cut (L-11). */
@Controller('api/v1/analytics/totals')
export class TotalsController {
  constructor(@Inject(TotalsStore) private readonly totals: TotalsStore) {}

  @Get()
  async read(@Query(analyticsTotalsQuerySchema) query: AnalyticsTotalsQuery): Promise<AnalyticsTotals> {
    const cut = readCut(query.cut)
    let reached = isReached(await this.totals.stored(), cut)
    for (let waitedMs = 0; !reached && waitedMs < WAIT_MS_MAX; waitedMs += POLL_MS) {
      await sleep(POLL_MS)
      reached = isReached(await this.totals.stored(), cut)
    }
    return { reached, ...(await this.totals.upTo(cut)) }
  }
}
