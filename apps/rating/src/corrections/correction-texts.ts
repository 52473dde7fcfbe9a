import type { RatedEvent, RatedUse } from '../rater/rate-batch.ts'
import type { RatableUsage } from '../rater/ratable-usage.ts'
import { eventTextOf } from '../rater/event-text.ts'
import { billingText, chargesText } from '../rater/to-rated-usage.ts'
import type { RatedText } from '../rater/rated-messages.ts'
import type { Corrected } from './correct-events.ts'

/** Where the two records of a correction are billed; undefined: in the period they are of. */
export interface CorrectionBilling {
  readonly reversalIn: string | undefined
  readonly restatedIn: string | undefined
}

/** A correction as it stands in `portitor.usage.rated.v1`: what is taken back, and what is owed instead. A side without charges is left out. */
export function correctionTexts(
  { stands, revision, reversedPrice, reversedCost, rated }: Corrected,
  { reversalIn, restatedIn }: CorrectionBilling,
  ratedAt: string,
): RatedText[] {
  const { usage, currency } = stands
  const reversal = { ...rated.planned, ...usage, currency, written: {} }
  const parts = [
    { planned: reversal, price: reversedPrice, cost: reversedCost, billedIn: reversalIn, more: `"reverses":true,` },
    { planned: rated.planned, price: rated.price, cost: rated.cost, billedIn: restatedIn, more: '' },
  ]
  return parts
    .filter(({ price, cost }) => price.length + cost.length > 0)
    .map(({ planned, price, cost, billedIn, more }) => {
      const priceNanos = total(price)
      const costNanos = total(cost)
      const part: RatedEvent<RatableUsage> = { planned, price, cost, priceNanos, costNanos }
      const { head, who, said } = eventTextOf(planned)
      const text =
        `{${head},"rated_at":"${ratedAt}"${who},"quantities":{}${said}${billingText(part, billedIn)},` +
        `"revision":${revision},${more}"currency":"${planned.currency}","price_nanos":"${priceNanos}",` +
        `"cost_nanos":"${costNanos}","charges":[${chargesText(part).slice(1)}]}`
      const { workspaceId } = planned.event
      return { workspaceId, currency: planned.currency, priceNanos, costNanos, events: 0, text }
    })
}

export function total(uses: readonly Pick<RatedUse, 'amount'>[]): bigint {
  return uses.reduce((sum, { amount }) => sum + amount, 0n)
}
