import { eventAmount, isAdditive } from '@portitor/pricing'
import type { Explanation } from '../rater/explanation.ts'
import { pricedEvent } from '../rater/priced-event.ts'
import type { RatableUsage } from '../rater/ratable-usage.ts'
import { compiledPrice } from './take-out.ts'

/**
 * Whether an event that has become another counts for less or more by a price that it stands by. Asked of the event alone:
 * under a maximum the segment may owe as much without it, and less only once more are taken back.
 */
export function takesBack({ usage, price, costNanos }: Explanation, becomes: RatableUsage): boolean {
  const { event, period } = usage
  return price.some(({ price: stored, q0, q1 }) => {
    const priced = compiledPrice(stored)
    if (!('data' in priced) || !isAdditive(priced.model)) return false
    const [before, after] = [event, becomes].map((one) =>
      eventAmount(priced.model, pricedEvent(one, q1 - q0, { period, costNanos })),
    )
    if ('refused' in before! || 'refused' in after!) return false
    const [was, is] = [before!.amount, after!.amount]
    return was.numerator * is.denominator !== is.numerator * was.denominator
  })
}
