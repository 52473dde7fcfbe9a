import { Controller, HttpCode, Inject, Post } from '@nestjs/common'
import type { EstimateAnswer } from '@portitor/contracts'
import { parseJsonExactly } from '@portitor/metering'
import { formatQuantity } from '@portitor/money'
import { Database } from '@portitor/postgres'
import type { ExplainedLine } from '@portitor/pricing'
import { OptionalWorkspaceId, ProblemException, RawRequest, readJson } from '@portitor/service'
import { z } from 'zod'
import { CatalogCache } from '../catalog/catalog.cache.ts'
import { type Estimate, estimateUsage } from './estimate-usage.ts'
import { toPricedLine } from './priced-line.ts'
import { SubscribedBooks } from '../subscriptions/subscribed-books.ts'
import { findSubscriptions } from '../subscriptions/subscriptions.store.ts'
import { noSubscriptions } from '../subscriptions/workspace-subscriptions.ts'

/** What a usage would cost. A workspace sees its price; only an operator over the whole system sees cost and margin. */
@Controller('/api/v1/pricing/estimate')
export class EstimateController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(CatalogCache) private readonly catalog: CatalogCache,
    @Inject(SubscribedBooks) private readonly subscribed: SubscribedBooks,
  ) {}

  @Post()
  @HttpCode(200)
  async estimate(
    @OptionalWorkspaceId() workspaceId: string | undefined,
    @RawRequest() request: RawRequest,
  ): Promise<EstimateAnswer> {
    const usage = readUsage(request)
    const catalog = await this.catalog.inForce(this.database)
    const { subscribed } = this
    const subscriptions =
      workspaceId === undefined ? noSubscriptions : await findSubscriptions(this.database, [workspaceId])
    const estimated = estimateUsage(usage, { nowMs: Date.now(), workspaceId, catalog, subscribed, subscriptions })
    if ('refused' in estimated) {
      const { code, field, detail } = estimated.refused
      const where = field === undefined ? '' : `${field}: `
      throw new ProblemException(estimated.status, code, `${where}${detail}`, field === undefined ? {} : { field })
    }
    return workspaceId === undefined ? answerWithCost(estimated) : answer(estimated)
  }
}

/** Numbers keep their digits, as they do in events: `readJson` checks that it is an object, the value is read exactly. */
function readUsage(request: RawRequest): Readonly<Record<string, unknown>> {
  const checked = readJson(z.record(z.string(), z.unknown()), request)
  const parsed = parseJsonExactly(request.body)
  if ('refused' in parsed) throw new ProblemException(400, parsed.refused.code, parsed.refused.detail)
  return parsed.value as typeof checked
}

function answer({ type, timeMs, currency, version, priceNanos, priceLines }: Estimate): EstimateAnswer {
  return {
    basis: 'first_of_period',
    type,
    time: new Date(timeMs).toISOString(),
    currency,
    version,
    price_nanos: String(priceNanos),
    lines: priceLines.map(toEstimatedLine),
  }
}

function answerWithCost(estimate: Estimate): EstimateAnswer {
  const { lines, ...priced } = answer(estimate)
  return {
    ...priced,
    cost_nanos: String(estimate.costNanos),
    margin_nanos: String(estimate.priceNanos - estimate.costNanos),
    lines: [...lines, ...estimate.costLines.map(toEstimatedLine)],
  }
}

function toEstimatedLine(line: ExplainedLine) {
  return { ...toPricedLine(line), quantity: formatQuantity(line.q1 - line.q0) }
}
