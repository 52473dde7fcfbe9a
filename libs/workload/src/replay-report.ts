import { formatNanos } from '@portitor/money'
import type { Billed } from './bills.client.ts'
import { compareBills } from './compare-bills.ts'
import { compareTotals } from './compare-totals.ts'
import type { Subscriber, UsageTotals } from './expected-totals.ts'
import type { Replayed } from './replay-workload.ts'

interface ReportedTotals {
  readonly events: number
  /** All input, cached input included. */
  readonly input_tokens: number
  readonly cached_input_tokens: number
  readonly output_tokens: number
  /** Nano-units of `currency` as decimal text, here and below: computed from the published books, apart from the ledger. */
  readonly price_nanos: string
  readonly cost_nanos: string
}

/** What `--json` prints. `reconciled` is true only if every total is equal to the nano and the system's own reconciliation is ok. */
export interface ReplayReport extends ReportedTotals {
  readonly currency: string
  readonly ledger_price_nanos: string
  readonly ledger_cost_nanos: string
  readonly analytics_price_nanos: string
  readonly analytics_cost_nanos: string
  readonly duplicates: number
  readonly rejected: number
  readonly seconds: number
  readonly events_per_second: number
  readonly reconciled: boolean
  /** For people: what does not agree, and why events were rejected. */
  readonly differences: readonly string[]
  readonly rejections: readonly string[]
  readonly by_model: readonly (ReportedTotals & { readonly model: string; readonly margin_nanos: string })[]
  readonly by_workspace: readonly (ReportedTotals & {
    readonly workspace: string
    readonly workspace_id: string
    /** Price of the usage less its cost: fees are not in it. */
    readonly margin_nanos: string
    /** What its events fell under, each as `plan@version`; empty: the price book. */
    readonly plans: readonly string[]
    /** What the billing periods come to so far; null: it has no subscription, and owes its usage. */
    readonly bill: ReportedBill | null
  })[]
}

interface ReportedBill {
  readonly periods: readonly string[]
  readonly usage_nanos: string
  readonly fees_nanos: string
  /** What tops up to minimums and to the commitment. */
  readonly true_up_nanos: string
  /** Usage of earlier periods that was rated after their close. */
  readonly adjustments_nanos: string
  readonly total_nanos: string
}

/** Judges a replay and writes it as data. */
export function reportOf(replayed: Replayed): ReplayReport {
  const { sent, expected, ledger, analytics, bills, duplicates, reconciliation, seconds, workspaces } = replayed
  const differences = [
    ...compareTotals(expected, ledger, analytics, reconciliation),
    ...compareBills(expected, bills, workspaces),
  ]
  const deadLetters = [...expected.refused].map(([code, events]) => `${events} events: ${code}`)
  return {
    ...reported(expected),
    events: sent.events,
    currency: expected.currency,
    ledger_price_nanos: formatNanos(ledger.priceNanos),
    ledger_cost_nanos: formatNanos(ledger.costNanos),
    analytics_price_nanos: formatNanos(analytics.priceNanos),
    analytics_cost_nanos: formatNanos(analytics.costNanos),
    duplicates,
    rejected: sent.rejected + expected.unpriced,
    seconds,
    events_per_second: Math.round(sent.events / seconds),
    reconciled: differences.length === 0,
    differences,
    rejections: [...sent.reasons, ...deadLetters],
    by_model: dearestFirst(expected.byModel).map(([model, totals]) => ({ model, ...withMargin(totals) })),
    by_workspace: dearestFirst(expected.byWorkspace).map(([workspace_id, totals]) => ({
      workspace: workspaces.get(workspace_id) ?? workspace_id,
      workspace_id,
      ...withMargin(totals),
      plans: [...(expected.subscribers.get(workspace_id)?.plans ?? [])],
      bill: reportedBill(bills.get(workspace_id), expected.subscribers.get(workspace_id)),
    })),
  }
}

function reportedBill(billed: Billed | undefined, subscriber: Subscriber | undefined): ReportedBill | null {
  if (billed === undefined || subscriber === undefined) return null
  return {
    periods: [...subscriber.periods],
    usage_nanos: formatNanos(billed.usageNanos),
    fees_nanos: formatNanos(billed.feesNanos),
    true_up_nanos: formatNanos(billed.trueUpNanos),
    adjustments_nanos: formatNanos(billed.adjustmentsNanos),
    total_nanos: formatNanos(billed.totalNanos),
  }
}

function reported(totals: UsageTotals): ReportedTotals {
  return {
    events: totals.events,
    input_tokens: totals.inputTokens,
    cached_input_tokens: totals.cachedInputTokens,
    output_tokens: totals.outputTokens,
    price_nanos: formatNanos(totals.priceNanos),
    cost_nanos: formatNanos(totals.costNanos),
  }
}

function withMargin(totals: UsageTotals) {
  return { ...reported(totals), margin_nanos: formatNanos(totals.priceNanos - totals.costNanos) }
}

function dearestFirst(totals: ReadonlyMap<string, UsageTotals>): [string, UsageTotals][] {
  return [...totals].sort(([leftName, left], [rightName, right]) =>
    left.priceNanos === right.priceNanos
      ? leftName.localeCompare(rightName, 'en')
      : left.priceNanos > right.priceNanos
        ? -1
        : 1,
  )
}
