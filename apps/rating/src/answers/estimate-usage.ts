import type { Rejection } from '@portitor/contracts'
import { judgeEvent } from '@portitor/metering'
import { MoneyOverflow } from '@portitor/money'
import { explain, type ExplainedLine, inForce } from '@portitor/pricing'
import type { CatalogInForce } from '../catalog/catalog.cache.ts'
import { ChargeCounters } from '../rater/charge-counters.ts'
import { explanationText, readExplanation } from '../rater/explanation.ts'
import { planUsage, type PlannedUsage } from '../rater/plan-usage.ts'
import { freshUsage, type FreshUsage } from '../rater/ratable-usage.ts'
import { rateUsage, type RatedEvent } from '../rater/rate-batch.ts'
import type { SubscribedBooks } from '../subscriptions/subscribed-books.ts'
import type { WorkspaceSubscriptions } from '../subscriptions/workspace-subscriptions.ts'

export interface Estimate {
  readonly type: string
  readonly timeMs: number
  readonly currency: string
  /** Of the price book in force at the usage's time. */
  readonly version: number
  readonly priceNanos: bigint
  readonly costNanos: bigint
  readonly priceLines: readonly ExplainedLine[]
  readonly costLines: readonly ExplainedLine[]
}
/** `status`: 400 and 413 for what the usage says, 422 for what no book prices. */
export type Estimated = Estimate | { readonly refused: Rejection; readonly status: 400 | 413 | 422 }

const NO_WORKSPACE = '00000000-0000-0000-0000-000000000000'

/**
 * What a usage would owe as the first of its period. It goes the way of a recorded event: judged by the meters (M-10, M-12),
 * planned by the books in force at its time, rated on counters at zero, explained from what would be stored of it. Nothing
 * here prices anything by itself.
 */
export function estimateUsage(
  usage: Readonly<Record<string, unknown>>,
  context: {
    readonly nowMs: number
    readonly workspaceId: string | undefined
    readonly catalog: CatalogInForce
    readonly subscribed: SubscribedBooks
    readonly subscriptions: WorkspaceSubscriptions
  },
): Estimated {
  const { type = 'tokens.consumed', time, ...data } = usage
  const { meters } = context.catalog
  const nowMs = asIfThen(time, context.nowMs)
  const workspaceId = context.workspaceId ?? ownWorkspace(data['workspace_id'])
  const event = { specversion: '1.0', id: 'estimate', source: 'portitor/estimate', type, time, data }
  const judged = judgeEvent(event, { meters, nowMs, receivedMs: nowMs, workspaceId })
  if ('rejected' in judged) {
    const status = judged.rejected.code === 'event.too_large' ? 413 : 400
    return { refused: namedAsSent(judged.rejected), status }
  }
  const { catalog, subscribed, subscriptions } = context
  const plan = planUsage(freshUsage(judged.accepted), { ...catalog, subscribed, subscriptions })
  if ('refused' in plan) return { refused: namedAsSent(plan.refused), status: 422 }
  const rated = rateFirst(plan.planned)
  if ('refused' in rated) return { ...rated, status: 422 }
  const { currency, priceNanos, costNanos, price, cost } = readExplanation(explanationText(rated))
  return {
    type: judged.accepted.type,
    timeMs: judged.accepted.timeMs,
    currency,
    version:
      (price[0] ?? plan.planned.price[0] ?? plan.planned.byEvent[0])?.version ??
      inForce(catalog.books.price, judged.accepted.timeMs)?.version ??
      0,
    priceNanos,
    costNanos,
    priceLines: explain(price, currency).lines,
    costLines: explain(cost, currency).lines,
  }
}

function rateFirst(planned: PlannedUsage<FreshUsage>): RatedEvent | { readonly refused: Rejection } {
  try {
    return rateUsage(planned, new ChargeCounters())
  } catch (error) {
    if (!(error instanceof MoneyOverflow)) throw error
    return { refused: { code: 'event.not_ratable', detail: `the usage cannot be rated: ${error.message}` } }
  }
}

/** An event may not lie in the future; an estimate may, and is judged as if it were received then. */
function asIfThen(time: unknown, nowMs: number): number {
  const thenMs = typeof time === 'string' ? Date.parse(time) : NaN
  return thenMs > nowMs ? thenMs : nowMs
}

/** An operator over the whole system need not say whose usage it is. */
function ownWorkspace(named: unknown): string {
  return typeof named === 'string' ? named.toLowerCase() : NO_WORKSPACE
}

/** The body is the data itself, so the caller knows no field `data.model`. */
function namedAsSent({ field, ...rejection }: Rejection): Rejection {
  if (field === undefined || field === 'data') return rejection
  return { ...rejection, field: field.replace(/^data\./, '') }
}
