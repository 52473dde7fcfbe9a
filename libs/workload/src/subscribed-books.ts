import type { PlanContent, Subscription, SubscriptionPhase } from '@portitor/contracts'
import { combineBooks, type CompiledBook, compilePlan, inForce, isAdditive } from '@portitor/pricing'
import { calendarMonthAt, periodAt, phaseAt } from '@portitor/subscriptions'

/** Who is subscribed to what at the time of a workload. */
export interface Subscribed {
  /** By workspace id; who is not here goes by the price book. */
  readonly subscriptions: ReadonlyMap<string, readonly Subscription[]>
  /** By `plan@version`. */
  readonly plans: ReadonlyMap<string, PlanContent>
}
export const nobodySubscribed: Subscribed = { subscriptions: new Map(), plans: new Map() }

/** What prices the events of a workspace around an instant, and in which segments. */
export interface Terms {
  /** `plan@version`; undefined: the price book. */
  readonly plan: string | undefined
  /** The billing period, as its bill names it. */
  readonly period: string
  /** Names the period apart from all others of the workspace, those without a subscription included. */
  readonly key: string
  /** Where the period or phase begins: charges with tiers go by what was in force there. */
  readonly openingMs: number
  bookAt(timeMs: number): CompiledBook | undefined
}

/** The books that price a workload: a subscriber's plan, then the price book where the plan says so; else the price book. */
export class SubscribedBooks {
  readonly #subscribed: Subscribed
  readonly #price: readonly CompiledBook[]
  /** One object for each combination, by which libs/pricing remembers what it found. */
  readonly #combined = new Map<string, CompiledBook>()

  constructor(subscribed: Subscribed, price: readonly CompiledBook[]) {
    this.#subscribed = subscribed
    this.#price = price
  }

  termsAt(workspaceId: string, timeMs: number): Terms {
    for (const subscription of this.#subscribed.subscriptions.get(workspaceId) ?? []) {
      const [phase, period] = [phaseAt(subscription, timeMs), periodAt(subscription, timeMs)]
      if (phase === undefined || period === undefined) continue
      return {
        plan: planKey(phase),
        period: period.label,
        key: `${subscription.id} ${period.label}`,
        openingMs: Math.max(period.startMs, Date.parse(phase.from)),
        bookAt: (atMs) => this.#bookOf(planKey(phase), inForce(this.#price, atMs)),
      }
    }
    const { label, startMs } = calendarMonthAt(timeMs)
    return {
      plan: undefined,
      period: label,
      key: label,
      openingMs: startMs,
      bookAt: (atMs) => inForce(this.#price, atMs),
    }
  }

  #bookOf(key: string, priceBook: CompiledBook | undefined): CompiledBook {
    const content = this.#subscribed.plans.get(key)
    if (content === undefined) throw new Error(`the workload was given no plan ${key}`)
    const rest = content.otherwise === 'price_book' ? priceBook : undefined
    const name = `${key} ${rest?.version ?? ''}`
    let book = this.#combined.get(name)
    if (book === undefined) {
      const own = compilePlan(content, { version: Number(key.slice(key.indexOf('@') + 1)) }).book
      this.#combined.set(name, (book = combineBooks(rest === undefined ? [own] : [own, rest])))
    }
    return book
  }
}

export function planKey({ plan, version }: Pick<SubscriptionPhase, 'plan' | 'version'>): string {
  return `${plan}@${version}`
}

/** Why a phase is not computed apart from rating; undefined: it is. For people. */
export function beyondPhase({ version, state, add_ons, overrides }: SubscriptionPhase): string | undefined {
  if (version === null) return 'follows the newest version of its plan: only a subscription to one version'
  if (state === 'trial') return 'is on trial: only what is charged'
  if (add_ons.length > 0) return 'has add-ons: only a plan alone'
  if ((overrides.charges?.length ?? 0) + (overrides.fees?.length ?? 0) > 0)
    return 'has terms of its own: only a plan as it is published'
  return undefined
}

/** Why the usage under a plan is not computed apart from rating: its price follows from the order of the events. */
export function beyondPlan(content: PlanContent): string | undefined {
  const { charges } = compilePlan(content).book
  const found = charges.find(
    ({ price }) =>
      'byEvent' in price && (price.byEvent.model.model === 'cost_plus' || !isAdditive(price.byEvent.model)),
  )
  return found && `what its charge ${found.id} owes follows from the order of the events`
}
