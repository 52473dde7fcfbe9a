import { formatAmount } from '@portitor/money'
import type { CompiledFee, PeriodDays } from '@portitor/pricing'

const nouns = {
  workspace: undefined,
  active_agent: ['active agent', 'active agents'],
  seat: ['seat', 'seats'],
  workflow: ['active workflow', 'active workflows'],
} as const

/** How a fee is counted: `4 seats at $15.00, 10 of 30 days`. */
export function feeText(
  { fee, price }: CompiledFee,
  count: number,
  { billed, period }: PeriodDays,
  currency: string,
): string {
  const each = 'amount' in price ? formatAmount(price.amount, currency) : 'the tier of its peaks'
  const noun = nouns[fee.per]
  const counted = noun === undefined ? each : `${count} ${noun[count === 1 ? 0 : 1]} at ${each}`
  return fee.prorated === true ? `${counted}, ${billed} of ${period} days` : counted
}

/** What a charge owes before any usage. */
export const firstFlatText = 'the flat amount of every period'

/** What a minimum or commitment is met by: `at least $300.00`. */
export function committedText(committed: bigint, currency: string): string {
  return `at least ${formatAmount(committed, currency)}`
}

export function adjustmentText(period: string): string {
  return `usage of ${period} that was rated after its close`
}
