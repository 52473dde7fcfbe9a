import type { Reconciliation, ReconciliationDifference } from '@portitor/contracts'
import { formatNanos } from '@portitor/money'

export interface CurrencyTotals {
  readonly currency: string
  readonly priceNanos: bigint
  readonly costNanos: bigint
}

/** The ledger in one snapshot: what it says, and whether it agrees with itself. */
export interface LedgerTotals {
  /** Events posted, those that owe nothing too. */
  readonly events: bigint
  /** Rated events and records that it could not post and dead-lettered. */
  readonly rejected: bigint
  readonly currencies: readonly CurrencyTotals[]
  /** Σ debits and Σ credits of all accounts, per currency. */
  readonly sides: readonly { readonly currency: string; readonly debits: bigint; readonly credits: bigint }[]
  /** How many accounts do not have the balance that their transfers make, and one of them. */
  readonly wrongAccounts: bigint
  readonly wrongExample: string | null
}

/** The recorded log as rating has counted it, and the rated log up to the ledger's position. */
export interface RatingTotals {
  readonly accepted: bigint
  readonly duplicates: bigint
  readonly rejected: bigint
  readonly rated: bigint
  readonly unread: bigint
  readonly atCut: { readonly events: bigint; readonly currencies: readonly CurrencyTotals[] }
}

/** The rollups up to the ledger's position; not `reached` while some of that is still on its way. */
export interface AnalyticsTotals {
  readonly reached: boolean
  readonly events: bigint
  readonly currencies: readonly CurrencyTotals[]
}

const MAIN_CURRENCY = 'USD'

/**
 * L-11: judges totals that were taken at one cut, the ledger's position in the rated log. An event is pending until it is
 * in ledger and analytics. Everything is compared exactly, to the nano-unit.
 */
export function compareTotals(ledger: LedgerTotals, rating: RatingTotals, analytics: AnalyticsTotals): Reconciliation {
  const posted = analytics.events < ledger.events ? analytics.events : ledger.events
  const pending = rating.unread + (rating.rated - rating.atCut.events) + (ledger.events - posted)
  const differences = [
    ...compareCounts(ledger, rating, analytics, { posted, pending }),
    ...compareSums('rated_log', ledger.currencies, rating.atCut.currencies),
    // What has not arrived cannot be compared; the answer is not ok until it has.
    ...(analytics.reached ? compareSums('analytics', ledger.currencies, analytics.currencies) : []),
    ...compareBalances(ledger),
  ]
  const others = namesOf(ledger.currencies, analytics.currencies).filter((currency) => currency !== MAIN_CURRENCY)
  return {
    ok: differences.length === 0 && analytics.reached,
    accepted: Number(rating.accepted),
    posted: Number(posted),
    duplicates: Number(rating.duplicates),
    rejected: Number(rating.rejected),
    pending: Number(pending),
    ...sideBySide(MAIN_CURRENCY, ledger, analytics),
    ...(others.length === 0
      ? {}
      : { other_currencies: others.map((currency) => ({ currency, ...sideBySide(currency, ledger, analytics) })) }),
    differences,
  }
}

function compareCounts(
  ledger: LedgerTotals,
  rating: RatingTotals,
  analytics: AnalyticsTotals,
  { posted, pending }: { posted: bigint; pending: bigint },
): ReconciliationDifference[] {
  const accounted = posted + rating.duplicates + rating.rejected + pending
  const behind =
    ledger.rejected === 0n ? '' : `; the ledger dead-lettered ${ledger.rejected}, see portitor.usage.rejected.v1`
  return [
    ...differ('events.accounted', rating.accepted, accounted, 'accepted = posted + duplicates + rejected + pending'),
    ...differ(
      'events.rated_log',
      rating.atCut.events,
      ledger.events,
      `events of the rated log and of the ledger at its position${behind}`,
    ),
    ...(analytics.reached || analytics.events > ledger.events
      ? differ(
          'events.analytics',
          ledger.events,
          analytics.events,
          'events of the ledger and of analytics at the same position',
        )
      : []),
  ]
}

function compareSums(
  other: 'rated_log' | 'analytics',
  ledger: readonly CurrencyTotals[],
  totals: readonly CurrencyTotals[],
): ReconciliationDifference[] {
  return namesOf(ledger, totals).flatMap((currency) => {
    const [ours, theirs] = [totalsOf(ledger, currency), totalsOf(totals, currency)]
    const detail = (side: string) => `${side} in ${currency}: what ${other} says, and what the ledger has`
    return [
      ...differ(`price.${other}`, theirs.priceNanos, ours.priceNanos, detail('price')),
      ...differ(`cost.${other}`, theirs.costNanos, ours.costNanos, detail('cost')),
    ]
  })
}

function compareBalances({ sides, wrongAccounts, wrongExample }: LedgerTotals): ReconciliationDifference[] {
  const example = wrongExample === null ? '' : `, such as ${wrongExample}`
  return [
    ...sides.flatMap(({ currency, debits, credits }) =>
      differ('ledger.balanced', debits, credits, `Σ debits = Σ credits of all accounts in ${currency}`),
    ),
    ...differ(
      'ledger.balances',
      0n,
      wrongAccounts,
      `accounts whose balance is not the sum of their transfers${example}`,
    ),
  ]
}

function differ(check: string, expected: bigint, actual: bigint, detail: string): ReconciliationDifference[] {
  return expected === actual ? [] : [{ check, expected: String(expected), actual: String(actual), detail }]
}

function sideBySide(currency: string, ledger: LedgerTotals, analytics: AnalyticsTotals) {
  const [ours, theirs] = [totalsOf(ledger.currencies, currency), totalsOf(analytics.currencies, currency)]
  return {
    ledger_price_nanos: formatNanos(ours.priceNanos),
    analytics_price_nanos: formatNanos(theirs.priceNanos),
    ledger_cost_nanos: formatNanos(ours.costNanos),
    analytics_cost_nanos: formatNanos(theirs.costNanos),
  }
}

function totalsOf(totals: readonly CurrencyTotals[], currency: string): CurrencyTotals {
  return totals.find((entry) => entry.currency === currency) ?? { currency, priceNanos: 0n, costNanos: 0n }
}

function namesOf(...lists: readonly (readonly CurrencyTotals[])[]): string[] {
  return [...new Set(lists.flat().map(({ currency }) => currency))].sort()
}
