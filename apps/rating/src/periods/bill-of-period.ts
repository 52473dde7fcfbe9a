import type { BillAnswer } from '@portitor/contracts'
import type { Queryable } from '@portitor/postgres'
import { ProblemException } from '@portitor/service'
import type { CatalogInForce } from '../catalog/catalog.cache.ts'
import { findAdjustments } from './adjustments.store.ts'
import type { AskedPeriod } from './asked-period.ts'
import { billAnswer } from './bill-answer.ts'
import { billedParts } from './billed-parts.ts'
import { countActives } from './period-actives.store.ts'
import { billPeriod } from './period-bill.ts'
import { partsOf } from './period-parts.ts'
import { sumUsage } from './period-usage.store.ts'

/**
 * What a period of a workspace comes to as of `tx`, as that workspace or as the service; of one that is being closed, for good.
 * Throws 409 where its plan cannot bill it, or nothing says in which currency.
 */
export async function billOfPeriod(
  tx: Queryable,
  { period, subscription }: AskedPeriod,
  options: {
    readonly workspaceId: string
    readonly catalog: Pick<CatalogInForce, 'plans' | 'books'>
    readonly nowMs: number
    readonly isClosed: boolean
  },
): Promise<BillAnswer> {
  const { workspaceId, catalog, nowMs, isClosed } = options
  const billed = billedParts(subscription === undefined ? [] : partsOf(subscription, period), catalog.plans)
  if ('refused' in billed) throw new ProblemException(409, billed.refused.code, billed.refused.detail)
  const { parts } = billed
  const bill = billPeriod(parts, {
    usage: await sumUsage(tx, workspaceId, period.label),
    adjustments: await findAdjustments(tx, workspaceId, period.label),
    actives: await countActives(tx, workspaceId, period.label),
  })
  if ('refused' in bill) throw new ProblemException(409, bill.refused.code, bill.refused.detail)
  const currency = parts.at(-1)?.plans[0].plan.currency ?? catalog.books.price.at(-1)?.currency
  if (currency === undefined)
    throw new ProblemException(
      409,
      'pricing.no_book',
      'No price book is published, so there is no currency to bill in.',
    )
  return billAnswer({ workspaceId, period, subscription, isClosed, nowMs, parts, currency, bill })
}
