import type { Reconciliation } from '@portitor/contracts'
import type { Database } from '@portitor/postgres'
import type { Peers } from '@portitor/service'
import { compareTotals } from './compare-totals.ts'
import { ledgerTotals } from './ledger-totals.store.ts'
import { fromAnalyticsTotals, fromRatingTotals } from './peer-totals.ts'
import { toCut } from './positions.ts'

/**
 * L-11: takes the ledger's totals and position in one snapshot, asks analytics and rating for theirs at that position,
 * and compares. The order matters: rating was there before the ledger, and analytics, which may be a moment behind, waits
 * a few seconds for the position before it answers.
 */
export async function reconcile(database: Database, partitions: number, peers: Peers): Promise<Reconciliation> {
  const { totals, positions } = await database.snapshot((tx) => ledgerTotals(tx, partitions))
  const cut = encodeURIComponent(toCut(positions))
  const analytics = fromAnalyticsTotals(await peers.get('analytics', `/api/v1/analytics/totals?cut=${cut}`))
  const rating = fromRatingTotals(await peers.get('rating', `/api/v1/rating/totals?cut=${cut}`))
  return compareTotals(totals, rating, analytics)
}
