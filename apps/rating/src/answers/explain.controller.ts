import { Controller, Get, Inject } from '@nestjs/common'
import { explainPathSchema, explainQuerySchema, type LedgerTransfer } from '@portitor/contracts'
import { Database } from '@portitor/postgres'
import { explain } from '@portitor/pricing'
import { Path, Peers, ProblemException, Query, WorkspaceId } from '@portitor/service'
import type { z } from 'zod'
import { explanationsOf, findRatedRow } from './event-status.store.ts'
import { type Explanation, owedBy } from '../rater/explanation.ts'
import { transfersOf } from './ledger.client.ts'
import { toPricedLine } from './priced-line.ts'

/** Every cent of an event, from what was stored when it was rated. The workspace sees its price and never the cost. */
@Controller('/api/v1/pricing/explain')
export class ExplainController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Peers) private readonly peers: Peers,
  ) {}

  @Get(':event')
  async explain(
    @WorkspaceId() workspaceId: string,
    @Path(explainPathSchema) path: z.infer<typeof explainPathSchema>,
    @Query(explainQuerySchema) query: z.infer<typeof explainQuerySchema>,
  ) {
    const event = { workspaceId, source: query.source, id: path.event }
    const rated = await this.database.asTenant(workspaceId, (tx) => findRatedRow(tx, event))
    if (rated === undefined) {
      throw new ProblemException(
        404,
        'event.not_rated',
        'No event with this source and id has been rated in this workspace.',
      )
    }
    const explanations = await explanationsOf(this.database, event, rated)
    const { currency, price, usage } = explanations.at(-1)!
    const { lines } = explain(price, currency)
    const corrections = explanations.flatMap(correctionOf)
    // The arithmetic is worth telling also while the ledger cannot be asked.
    const transfers = await transfersOf(this.peers, event, rated.event_time).catch(() => undefined)
    return {
      source: event.source,
      id: event.id,
      time: rated.event_time.toISOString(),
      currency,
      price_nanos: String(explanations.reduce((sum, one) => sum + owedBy(one), 0n)),
      ...(usage.subscriptionId === undefined ? {} : { subscription_id: usage.subscriptionId }),
      period: usage.period.label,
      lines: lines.map(toPricedLine),
      transfers: transfers?.map(postedPart) ?? null,
      ...(corrections.length === 0 ? {} : { corrections }),
    }
  }
}

function correctionOf({ correction, priceNanos, ratedAt }: Explanation & { readonly ratedAt: Date }) {
  if (correction === undefined) return []
  const { revision, reason, reversedPrice } = correction
  return [
    {
      revision,
      corrected_at: ratedAt.toISOString(),
      reason,
      reversed_nanos: String(reversedPrice),
      price_nanos: String(priceNanos),
    },
  ]
}

function postedPart({ id, charge, debit_account, credit_account, amount_nanos, recorded_at }: LedgerTransfer) {
  return { id, charge, debit_account, credit_account, amount_nanos, recorded_at }
}
