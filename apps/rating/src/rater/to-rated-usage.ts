import type { BookSide } from '@portitor/contracts'
import { eventTextOf } from './event-text.ts'
import { quoted } from './quoted.ts'
import type { RatableUsage } from './ratable-usage.ts'
import type { RatedEvent, RatedUse } from './rate-batch.ts'
import type { RatedText } from './rated-messages.ts'

/** `billedIn`: the period it is billed in where its own was closed (M-8). */
export function toRatedText(rated: RatedEvent, billedIn: string | undefined, ratedAt: string): RatedText {
  return {
    workspaceId: rated.planned.event.workspaceId,
    currency: rated.planned.currency,
    priceNanos: rated.priceNanos,
    costNanos: rated.costNanos,
    events: 1,
    text: ratedUsageText(rated, billedIn, ratedAt),
  }
}

/** A rated event as it stands in `portitor.usage.rated.v1`, as JSON text. */
export function ratedUsageText(rated: RatedEvent, billedIn: string | undefined, ratedAt: string): string {
  const { head, who, quantities, said } = eventTextOf(rated.planned)
  return (
    `{${head},"rated_at":"${ratedAt}"${who}${quantities}${said}${billingText(rated, billedIn)},` +
    `"currency":"${rated.planned.currency}","price_nanos":"${rated.priceNanos}",` +
    `"cost_nanos":"${rated.costNanos}","charges":[${chargesText(rated).slice(1)}]}`
  )
}

/** Most events are billed in the calendar month of their time, which needs no words. */
export function billingText({ planned }: RatedEvent<RatableUsage>, billedIn: string | undefined): string {
  const { period, costPeriod, subscriptionId } = planned
  return (
    (period.label === costPeriod.label ? '' : `,"period":"${period.label}"`) +
    (billedIn === undefined ? '' : `,"billed_in":"${billedIn}"`) +
    (subscriptionId === undefined ? '' : `,"subscription_id":"${subscriptionId}"`)
  )
}

export function chargesText({ price, cost }: Pick<RatedEvent, 'price' | 'cost'>): string {
  let text = ''
  for (const use of price) text += chargeText('price', use)
  for (const use of cost) text += chargeText('cost', use)
  return text
}

function chargeText(side: BookSide, { use, amount }: RatedUse): string {
  const plan = use.plan === undefined ? '' : `,"plan":${quoted(use.plan)}`
  return `,{"side":"${side}","charge":${quoted(use.charge)}${plan},"version":${use.version},"amount_nanos":"${amount}"}`
}
