import type { Subscription, SubscriptionPhase } from '@portitor/contracts'

/** What of a subscription decides its phases. */
type Phased = Pick<Subscription, 'starts_at' | 'ends_at' | 'phases'>

interface Timeline {
  readonly startMs: number
  readonly fromMs: readonly number[]
  readonly endMs: number
}

const timelines = new WeakMap<Phased, Timeline>()

/**
 * The phase that holds at an instant; none outside of [`starts_at`, `ends_at`). Remembered like `periodAt`: a subscription is a
 * value, change a copy of it.
 */
export function phaseAt(subscription: Phased, timeMs: number): SubscriptionPhase | undefined {
  let timeline = timelines.get(subscription)
  if (timeline === undefined) timelines.set(subscription, (timeline = timelineOf(subscription)))
  if (timeMs < timeline.startMs || timeMs >= timeline.endMs) return undefined
  const last = timeline.fromMs.findLastIndex((fromMs) => fromMs <= timeMs)
  return subscription.phases[last]
}

function timelineOf({ starts_at, ends_at, phases }: Phased): Timeline {
  return {
    startMs: Date.parse(starts_at),
    fromMs: phases.map(({ from }) => Date.parse(from)),
    endMs: ends_at === null ? Infinity : Date.parse(ends_at),
  }
}
