import type { ExportedUsage } from '@portitor/contracts'
import { type EventPricing, isAdditive, OrderedEvents, type PricedEvent } from '@portitor/pricing'
import { ChargeCounters, freshCell, type Segment } from '../rater/charge-counters.ts'
import { planUsage, type PlannedUsage, type PricingContext } from '../rater/plan-usage.ts'
import { pricedEvent } from '../rater/priced-event.ts'
import { rateUsage } from '../rater/rate-batch.ts'
import { readEvent } from '../rater/read-event.ts'
import { stepOrdered } from '../rater/step-cell.ts'

/** What a replay of one workspace may hold in memory: segments, and events or different values that segments have to keep. */
export const replayMax = { segments: 200_000, kept: 200_000 }
const reasonsMax = 20

/** A workspace has more than what a replay holds. */
export class ReplayTooLarge extends Error {
  override readonly name = 'ReplayTooLarge'
}

/** In nano-units. `refused`: of `before`, what is owed by events that are not priced. */
export interface ReplayedAmounts {
  priceBefore: bigint
  costBefore: bigint
  priceAfter: bigint
  costAfter: bigint
  refused: number
  refusedPrice: bigint
  refusedCost: bigint
}

export interface Reason {
  readonly code: string
  readonly detail: string
  readonly events: number
}

/** What the events of a workspace come to. */
export interface Replayed {
  readonly events: number
  readonly amounts: ReadonlyMap<string, Readonly<ReplayedAmounts>>
  readonly reasons: readonly Reason[]
}

interface Ordered {
  readonly pricing: EventPricing
  readonly currency: string
  readonly events: PricedEvent[]
}

/**
 * Prices the events of one workspace on counters that begin at zero, by the code that rates: each segment comes to F of
 * its total, as it does when they are rated for good. Pages are given one after the other; the order of events decides nothing.
 */
export class Replay {
  readonly #counters = new ChargeCounters()
  /** Charges whose amount follows from the order of events are evaluated once, when all of them are there. */
  readonly #ordered = new Map<Segment, Ordered>()
  readonly #amounts = new Map<string, ReplayedAmounts>()
  readonly #reasons = new Map<string, { detail: string; events: number }>()
  #events = 0

  constructor(
    readonly context: PricingContext,
    readonly max: typeof replayMax = replayMax,
  ) {}

  /** Throws `ReplayTooLarge`, and `MoneyOverflow` where an amount is beyond 64 bits; then the replay is of no use any more. */
  add(page: readonly ExportedUsage[]): void {
    for (const exported of page) {
      this.#events += 1
      for (const { currency, price_nanos: price, cost_nanos: cost } of exported.owed) {
        const amounts = this.#of(currency)
        amounts.priceBefore += BigInt(price)
        amounts.costBefore += BigInt(cost)
      }
      const plan = planUsage(readEvent(exported), this.context)
      if ('refused' in plan) this.#refuse(exported, plan.refused)
      else this.#rate(plan.planned)
    }
    this.#forget()
  }

  /** Once all events were added. */
  end(): Replayed {
    for (const { pricing, currency, events } of this.#ordered.values())
      this.#of(currency).priceAfter += stepOrdered(freshCell, new OrderedEvents(pricing, events)).amount
    this.#ordered.clear()
    const reasons = [...this.#reasons].map(([code, reason]) => ({ code, ...reason }))
    return {
      events: this.#events,
      amounts: this.#amounts,
      reasons: reasons.toSorted((left, right) => right.events - left.events).slice(0, reasonsMax),
    }
  }

  #rate(planned: PlannedUsage): void {
    const { event, period, currency } = planned
    const additive = planned.byEvent.filter(({ pricing }) => isAdditive(pricing.model))
    const { priceNanos, costNanos } = rateUsage({ ...planned, byEvent: additive }, this.#counters)
    const amounts = this.#of(currency)
    amounts.priceAfter += priceNanos
    amounts.costAfter += costNanos
    if (additive.length === planned.byEvent.length) return
    for (const use of planned.byEvent) {
      if (isAdditive(use.pricing.model)) continue
      const place = { workspaceId: event.workspaceId, period: period.label, side: 'price' as const, use }
      const segment = this.#counters.of(place)
      let ordered = this.#ordered.get(segment)
      if (ordered === undefined) this.#ordered.set(segment, (ordered = { pricing: use.pricing, currency, events: [] }))
      ordered.events.push(pricedEvent(event, use.quantity, { period, costNanos }))
    }
  }

  #refuse({ owed }: ExportedUsage, { code, detail }: { readonly code: string; readonly detail: string }): void {
    for (const { currency, price_nanos: price, cost_nanos: cost } of owed) {
      const amounts = this.#of(currency)
      amounts.refusedPrice += BigInt(price)
      amounts.refusedCost += BigInt(cost)
    }
    const [first] = owed
    if (first !== undefined) this.#of(first.currency).refused += 1
    const reason = this.#reasons.get(code) ?? { detail, events: 0 }
    reason.events += 1
    this.#reasons.set(code, reason)
  }

  /** Segments keep events so that one can be taken out again. Nothing is taken out here. */
  #forget(): void {
    let kept = 0
    for (const segment of this.#counters.all) {
      segment.kept.length = 0
      segment.events = undefined
      kept += segment.values?.size ?? 0
    }
    for (const { events } of this.#ordered.values()) kept += events.length
    const segments = this.#counters.all.length
    if (segments > this.max.segments || kept > this.max.kept)
      throw new ReplayTooLarge(
        `the workspace has ${segments} segments that keep ${kept} events or values: a back-test holds ${this.max.segments} and ${this.max.kept}`,
      )
  }

  #of(currency: string): ReplayedAmounts {
    let amounts = this.#amounts.get(currency)
    if (amounts === undefined) {
      amounts = {
        priceBefore: 0n,
        costBefore: 0n,
        priceAfter: 0n,
        costAfter: 0n,
        refused: 0,
        refusedPrice: 0n,
        refusedCost: 0n,
      }
      this.#amounts.set(currency, amounts)
    }
    return amounts
  }
}
