import type { BillAnswer, Subscription } from '@portitor/contracts'
import type { Period } from '@portitor/subscriptions'
import type { BilledPart, PeriodBill, PeriodLine } from './period-bill.ts'

interface Billed {
  readonly workspaceId: string
  readonly period: Period
  readonly subscription: Subscription | undefined
  readonly isClosed: boolean
  readonly nowMs: number
  readonly parts: readonly BilledPart[]
  readonly currency: string
  readonly bill: Exclude<PeriodBill, { refused: unknown }>
}

/** The bill as its reader gets it. */
export function billAnswer({
  workspaceId,
  period,
  subscription,
  nowMs,
  currency,
  bill,
  ...billed
}: Billed): BillAnswer {
  return {
    workspace_id: workspaceId,
    period: period.label,
    starts_at: new Date(period.startMs).toISOString(),
    ends_at: new Date(period.endMs).toISOString(),
    status: billed.isClosed ? 'closed' : period.endMs <= nowMs ? 'over' : 'open',
    subscription_id: subscription?.id ?? null,
    plan: planAt(billed.parts, nowMs),
    currency,
    lines: bill.lines.map(lineOf),
    total_nanos: String(bill.total),
  }
}

/** What holds now, or held at the end of a period that is over. */
function planAt(parts: readonly BilledPart[], nowMs: number): BillAnswer['plan'] {
  const part = parts.findLast(({ startMs }) => startMs <= nowMs) ?? parts[0]
  if (part === undefined) return null
  const [own, ...addOns] = part.plans.map(({ plan, book }) => ({ plan: plan.id, version: book.version }))
  const { state, seats } = part.phase
  return { ...own!, state, seats, add_ons: addOns }
}

function lineOf({ amount, plan, text, ...line }: PeriodLine): BillAnswer['lines'][number] {
  return {
    ...line,
    ...(plan === undefined ? {} : { plan }),
    amount_nanos: String(amount),
    ...(text === undefined ? {} : { text }),
  }
}
