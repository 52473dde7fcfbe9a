import type { Subscription } from '@portitor/contracts'
import { calendarMonthAt, type Period, periodAt, periodLabel } from '@portitor/subscriptions'

/** The subscriptions of the workspaces of a batch; a workspace has at most one at a time (ADR 22). */
export class WorkspaceSubscriptions {
  readonly #byWorkspace: ReadonlyMap<string, readonly Spanned[]>

  constructor(byWorkspace: ReadonlyMap<string, readonly Subscription[]>) {
    this.#byWorkspace = new Map([...byWorkspace].map(([id, own]) => [id, own.map(spanned)]))
  }

  at(workspaceId: string, timeMs: number): Subscription | undefined {
    for (const { subscription, startMs, endMs } of this.#byWorkspace.get(workspaceId) ?? [])
      if (startMs <= timeMs && timeMs < endMs) return subscription
    return undefined
  }

  /**
   * The billing period that an instant is in: of the subscription, else what of the calendar month in UTC is between the
   * subscriptions. So the periods of a workspace tile all time, and no two of them have a name.
   */
  periodAt(workspaceId: string, timeMs: number): Period {
    const own = this.#byWorkspace.get(workspaceId)
    if (own === undefined) return calendarMonthAt(timeMs)
    const subscription = this.at(workspaceId, timeMs)
    return (subscription && periodAt(subscription, timeMs)) ?? between(own, timeMs)
  }
}

export const noSubscriptions = new WorkspaceSubscriptions(new Map())

interface Spanned {
  readonly subscription: Subscription
  readonly startMs: number
  /** Infinity where no end is set. */
  readonly endMs: number
}

function spanned(subscription: Subscription): Spanned {
  const { starts_at, ends_at } = subscription
  return {
    subscription,
    startMs: Date.parse(starts_at),
    endMs: ends_at === null ? Infinity : Date.parse(ends_at),
  }
}

function between(subscriptions: readonly Spanned[], timeMs: number): Period {
  const month = calendarMonthAt(timeMs)
  const startMs = Math.max(month.startMs, ...subscriptions.map(({ endMs }) => endMs).filter((end) => end <= timeMs))
  const endMs = Math.min(month.endMs, ...subscriptions.map((one) => one.startMs).filter((start) => start > timeMs))
  return startMs === month.startMs && endMs === month.endMs ? month : { startMs, endMs, label: periodLabel(startMs) }
}
