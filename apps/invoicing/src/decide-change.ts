import { isDeepStrictEqual } from 'node:util'
import type { ChangeSubscription, PauseSubscription } from '@portitor/contracts'
import { type Asked, type Clock, effectiveAt, type Refused, soonestMs } from './effective-time.ts'
import { pauseAt, type SubscriptionRecord, type Terms, termsAt, toInstant } from './subscription-record.ts'

/** The subscription as it is after a change, before its revision is counted; the same one where nothing changes. */
export type Decision = { readonly record: SubscriptionRecord } | Refused

/**
 * Other terms from an instant on, in place of what is scheduled for later. What is not named stays as it is by then; of another
 * plan the version is the newest in force and there are no overrides, unless said.
 */
export function decideChange(record: SubscriptionRecord, asked: ChangeSubscription, clock: Clock): Decision {
  const time = effectiveWithin(record, asked, clock)
  if ('refused' in time) return time
  const { atMs } = time
  const rewritten = historyAfter(
    record.terms.map(({ fromMs }) => fromMs),
    atMs,
    clock,
  )
  if (rewritten !== undefined) return rewritten
  const present = termsAt(record, atMs)
  const changed = { ...changedTerms(present, asked), fromMs: atMs }
  const same = isDeepStrictEqual({ ...changed, fromMs: present.fromMs }, present)
  const kept = record.terms.filter(({ fromMs }) => (same ? fromMs <= atMs : fromMs < atMs))
  if (same && kept.length === record.terms.length) return { record }
  return { record: { ...record, terms: same ? kept : [...kept, changed] } }
}

function changedTerms(present: Terms, asked: ChangeSubscription): Omit<Terms, 'fromMs'> {
  const other = asked.plan !== undefined && asked.plan !== present.plan
  return {
    plan: asked.plan ?? present.plan,
    version: asked.version === undefined ? (other ? null : present.version) : asked.version,
    seats: asked.seats ?? present.seats,
    add_ons: asked.add_ons ?? present.add_ons,
    overrides: asked.overrides ?? (other ? {} : present.overrides),
  }
}

/** Paused from an instant on, until one that is named or until it is resumed; in place of pauses scheduled for later. */
export function decidePause(record: SubscriptionRecord, asked: PauseSubscription, clock: Clock): Decision {
  const time = effectiveWithin(record, asked, clock)
  if ('refused' in time) return time
  const { atMs } = time
  if (pauseAt(record, atMs) !== undefined) return refusedState('It is paused by then: resume it first.')
  const rewritten = historyAfter(turnsOf(record), atMs, clock)
  if (rewritten !== undefined) return rewritten
  const untilMs = asked.until === null ? null : Date.parse(asked.until)
  if (untilMs !== null && untilMs <= atMs)
    return { refused: { code: 'subscription.outside', detail: 'A pause ends after it begins.', field: 'until' } }
  const kept = record.pauses.filter(({ fromMs }) => fromMs < atMs)
  return { record: { ...record, pauses: [...kept, { fromMs: atMs, untilMs }] } }
}

/** The pause that holds at an instant ends there. */
export function decideResume(record: SubscriptionRecord, asked: Asked, clock: Clock): Decision {
  const time = effectiveWithin(record, asked, clock)
  if ('refused' in time) return time
  const { atMs } = time
  const pause = pauseAt(record, atMs)
  if (pause === undefined) return refusedState('It is not paused by then.')
  const rewritten = historyAfter(turnsOf(record), atMs, clock)
  if (rewritten !== undefined) return rewritten
  const pauses = record.pauses.flatMap((other) => {
    if (other !== pause) return [other]
    return pause.fromMs === atMs ? [] : [{ ...pause, untilMs: atMs }]
  })
  return { record: { ...record, pauses } }
}

/** The subscription ends at an instant, in place of an end scheduled before; where it has not begun, it never does. */
export function decideCancel(record: SubscriptionRecord, asked: Asked, clock: Clock): Decision {
  const time = effectiveAt(record, asked, clock)
  if ('refused' in time) return time
  if (record.endsAtMs !== null && record.endsAtMs < soonestMs(clock) && !asked.backdate)
    return {
      refused: { code: 'subscription.outside', detail: `It ends at ${toInstant(record.endsAtMs)}.`, field: 'when' },
    }
  return { record: time.atMs === record.endsAtMs ? record : { ...record, endsAtMs: time.atMs } }
}

/** Pauses begin and end. */
function turnsOf({ pauses }: SubscriptionRecord): number[] {
  return pauses.flatMap(({ fromMs, untilMs }) => (untilMs === null ? [fromMs] : [fromMs, untilMs]))
}

function effectiveWithin(record: SubscriptionRecord, asked: Asked, clock: Clock): { readonly atMs: number } | Refused {
  const time = effectiveAt(record, asked, clock)
  if ('refused' in time || record.endsAtMs === null || time.atMs < record.endsAtMs) return time
  return {
    refused: {
      code: 'subscription.outside',
      detail: `The subscription ends at ${toInstant(record.endsAtMs)}.`,
      field: 'when',
    },
  }
}

/** What has taken effect stays: a backdated change may stand at the last one or after it, not before. */
function historyAfter(turns: readonly number[], atMs: number, clock: Clock): Refused | undefined {
  const last = Math.max(...turns.filter((ms) => ms < soonestMs(clock)))
  if (atMs >= last) return undefined
  return {
    refused: {
      code: 'subscription.history',
      detail: `A change at ${toInstant(last)} has taken effect: what is backdated stands there or later.`,
      field: 'when',
    },
  }
}

function refusedState(detail: string): Refused {
  return { refused: { code: 'subscription.state', detail } }
}
