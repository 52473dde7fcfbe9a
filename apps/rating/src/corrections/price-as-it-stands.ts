import type { MeterIndex } from '@portitor/metering'
import { type Cell, type ChargeUse, type EventUse, type StoredStep, useKey } from '@portitor/pricing'
import { calendarMonthAt } from '@portitor/subscriptions'
import { aggregationsOf } from '../rater/aggregations-of.ts'
import type { Explanation } from '../rater/explanation.ts'
import type { PlannedUsage } from '../rater/plan-usage.ts'
import type { RatableUsage } from '../rater/ratable-usage.ts'
import { compiledPrice } from './take-out.ts'

/**
 * What an event of which something has changed owes by: the charges and versions it stands by, whatever is in force now. So a
 * dispute takes back what the outcome owed and re-rates nothing beside.
 */
export function priceAsItStands(stands: Explanation, event: RatableUsage, meters: MeterIndex): PlannedUsage {
  const { usage, currency, price, cost } = stands
  const aggregations = aggregationsOf(event, meters)
  const quantityOf = ({ cell, q0, q1 }: StoredStep) =>
    aggregations?.has(cell) === true ? event.quantities.get(cell)! : q1 - q0
  const byEvent: EventUse[] = []
  const uses = (steps: readonly StoredStep[]): ChargeUse[] => {
    const byKey = new Map<string, ChargeUse & { readonly cells: Cell[] }>()
    for (const step of steps) {
      const { side, cell, q0: _, q1: __, amount: ___, price: stored, ...name } = step
      const key = useKey(side, step, step.group)
      const priced = compiledPrice(stored)
      if ('data' in priced) {
        byEvent.push({ ...name, key, pricing: priced, quantity: quantityOf(step) })
        continue
      }
      let use = byKey.get(key)
      if (use === undefined) byKey.set(key, (use = { ...name, key, cells: [] }))
      use.cells.push({ cell, model: priced, quantity: quantityOf(step) })
    }
    return [...byKey.values()]
  }
  return {
    event,
    currency,
    provider: usage.provider,
    model: usage.model,
    subscriptionId: usage.subscriptionId,
    period: usage.period,
    costPeriod: calendarMonthAt(event.timeMs),
    price: uses(price),
    byEvent,
    cost: uses(cost),
    aggregations,
    written: {},
  }
}
