import { isDeepStrictEqual } from 'node:util'
import type { BillingSchedule, Subscription, SubscriptionPhase } from '@portitor/contracts'

/** What is subscribed to from an instant on, until the next terms. */
export interface Terms extends Omit<SubscriptionPhase, 'from' | 'state'> {
  readonly fromMs: number
}

export interface Pause {
  readonly fromMs: number
  /** Null: until somebody resumes it. */
  readonly untilMs: number | null
}

/**
 * A subscription as it is kept: terms, trial and pauses apart, as each is changed by itself. A change of plan does not end a
 * trial, and a pause keeps the plan. The timeline of phases follows from them. Instants in milliseconds since 1970.
 */
export interface SubscriptionRecord {
  readonly id: string
  readonly workspaceId: string
  /** Counts its changes from 1, without gaps. */
  readonly revision: number
  readonly startsAtMs: number
  /** Null: no end is set. Equal to the start: it never began. */
  readonly endsAtMs: number | null
  readonly billing: BillingSchedule
  readonly trialEndsAtMs: number | null
  /** Ascending; the first begin with the subscription. */
  readonly terms: readonly Terms[]
  /** Ascending, apart from one another. */
  readonly pauses: readonly Pause[]
  readonly createdAtMs: number
}

export const toInstant = (ms: number): string => new Date(ms).toISOString()

/** The subscription as everybody else sees it: its timeline, without what has no effect because the subscription ends before. */
export function toSubscription(record: SubscriptionRecord): Subscription {
  const { id, workspaceId, revision, startsAtMs, endsAtMs, billing } = record
  return {
    id,
    workspace_id: workspaceId,
    revision,
    starts_at: toInstant(startsAtMs),
    ends_at: endsAtMs === null ? null : toInstant(endsAtMs),
    billing,
    phases: phasesOf(record),
  }
}

export function termsAt({ terms }: SubscriptionRecord, timeMs: number): Terms {
  return terms.findLast(({ fromMs }) => fromMs <= timeMs) ?? terms[0]!
}

export function pauseAt({ pauses }: SubscriptionRecord, timeMs: number): Pause | undefined {
  return pauses.find(({ fromMs, untilMs }) => fromMs <= timeMs && timeMs < (untilMs ?? Infinity))
}

/** A pause does not lengthen a trial. */
function stateAt(record: SubscriptionRecord, timeMs: number): SubscriptionPhase['state'] {
  if (pauseAt(record, timeMs) !== undefined) return 'paused'
  return timeMs < (record.trialEndsAtMs ?? -Infinity) ? 'trial' : 'active'
}

/** One phase for each stretch in which nothing changes; the first always, also of a subscription that never began. */
function phasesOf(record: SubscriptionRecord): SubscriptionPhase[] {
  const { startsAtMs, endsAtMs, trialEndsAtMs, terms, pauses } = record
  const turns = [trialEndsAtMs, ...terms.map(({ fromMs }) => fromMs), ...pauses.flatMap(boundsOf)]
    .filter((ms): ms is number => ms !== null && ms > startsAtMs && ms < (endsAtMs ?? Infinity))
    .toSorted((one, other) => one - other)
  const phases: SubscriptionPhase[] = []
  for (const turn of new Set([startsAtMs, ...turns])) {
    const { fromMs: _, ...content } = termsAt(record, turn)
    const phase = { from: toInstant(turn), ...content, state: stateAt(record, turn) }
    const before = phases.at(-1)
    if (before === undefined || !isDeepStrictEqual({ ...before, from: phase.from }, phase)) phases.push(phase)
  }
  return phases
}

function boundsOf({ fromMs, untilMs }: Pause): (number | null)[] {
  return [fromMs, untilMs]
}
