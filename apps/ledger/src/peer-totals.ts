import { analyticsTotalsSchema, ratingTotalsSchema } from '@portitor/contracts'
import { parseNanos } from '@portitor/money'
import { ProblemException, type PeerAnswer, type ServiceName } from '@portitor/service'
import type { z } from 'zod'
import type { AnalyticsTotals, CurrencyTotals, RatingTotals } from './compare-totals.ts'

export function fromRatingTotals(answer: PeerAnswer<unknown>): RatingTotals {
  const { accepted, duplicates, rejected, rated, unread, at_cut } = check('rating', ratingTotalsSchema, answer)
  return {
    accepted: BigInt(accepted),
    duplicates: BigInt(duplicates),
    rejected: BigInt(rejected),
    rated: BigInt(rated),
    unread: BigInt(unread),
    atCut: { events: BigInt(at_cut.events), currencies: toCurrencies(at_cut.currencies) },
  }
}

export function fromAnalyticsTotals(answer: PeerAnswer<unknown>): AnalyticsTotals {
  const { reached, events, currencies } = check('analytics', analyticsTotalsSchema, answer)
  return { reached, events: BigInt(events), currencies: toCurrencies(currencies) }
}

function check<Totals>(peer: ServiceName, schema: z.ZodType<Totals>, { status, body }: PeerAnswer<unknown>): Totals {
  const totals = schema.safeParse(body)
  if (status === 200 && totals.success) return totals.data
  const why = (body as { detail?: unknown } | null)?.detail
  throw new ProblemException(
    503,
    'reconciliation.peer_unavailable',
    `The service ${peer} gave no totals (status ${status}${typeof why === 'string' ? `: ${why}` : ''}); try again.`,
    {},
    { 'retry-after': '1' },
  )
}

function toCurrencies(list: z.infer<typeof analyticsTotalsSchema>['currencies']): CurrencyTotals[] {
  return list.map(({ currency, price_nanos, cost_nanos }) => ({
    currency,
    priceNanos: parseNanos(price_nanos),
    costNanos: parseNanos(cost_nanos),
  }))
}
