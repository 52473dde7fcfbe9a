import { calendarMonthAt, periodLabel } from '@portitor/subscriptions'
import { eventTextOf } from './event-text.ts'
import type { PlannedUsage } from './plan-usage.ts'
import { readEvent, type WrittenEvent } from './read-event.ts'

/** What an event was, beside what it owes: what prices it again (R-9). */
export interface StoredUsage extends WrittenEvent {
  /** Its billing period [from, to) where that is no calendar month. */
  readonly period_ms?: readonly [number, number]
  readonly subscription_id?: string
}

/** An event as it was rated. */
export type RatedOnce = Pick<PlannedUsage, 'event' | 'provider' | 'model' | 'period' | 'subscriptionId'>

export function usageText(planned: PlannedUsage): string {
  const { period, costPeriod, subscriptionId } = planned
  const { head, who, quantities, said } = eventTextOf(planned)
  const isMonth = period.label === costPeriod.label && period.endMs === costPeriod.endMs
  return (
    `{${head}${who}${quantities}${said}${isMonth ? '' : `,"period_ms":[${period.startMs},${period.endMs}]`}` +
    `${subscriptionId === undefined ? '' : `,"subscription_id":"${subscriptionId}"`}}`
  )
}

export function readUsage(stored: StoredUsage): RatedOnce {
  const { provider, model, period_ms: span, subscription_id: subscriptionId } = stored
  const event = readEvent(stored)
  const period =
    span === undefined
      ? calendarMonthAt(event.timeMs)
      : { startMs: span[0], endMs: span[1], label: periodLabel(span[0]) }
  return { period, provider, model, subscriptionId, event }
}
