import { createHash } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import type { Rejection, SubscriptionPhase } from '@portitor/contracts'
import { BookInvalid, combineBooks, type CompiledBook, compilePlan, withOverrides } from '@portitor/pricing'
import { LRUCache } from 'lru-cache'
import type { PublishedPlan } from '../plans/published-plan.ts'

export type PublishedPlans = ReadonlyMap<string, readonly PublishedPlan[]>

export type PhaseBook = { readonly book: CompiledBook } | { readonly refused: Rejection }

/** Whoever has more plans, versions and overrides in use compiles some of them again and again, and is slower for it. */
const booksMax = 10_000

/**
 * The book that prices a subscriber's events: the plan's charges with the subscription's own in their places, then those of
 * its add-ons, then the price book where the plan says so (ADR 22). Remembered by what it is made of, all of which is immutable.
 */
@Injectable()
export class SubscribedBooks {
  readonly #books = new LRUCache<string, PhaseBook>({ max: booksMax })

  /** `timeMs`: versions that are followed are those in force then. `priceBook`: what prices the rest then. */
  at(
    phase: SubscriptionPhase,
    timeMs: number,
    catalog: {
      readonly plans: PublishedPlans
      /** Holds for all who subscribe to its plan, whatever version is theirs (R-9). */
      readonly fixedPlan?: PublishedPlan | undefined
      readonly priceBook: CompiledBook | undefined
    },
  ): PhaseBook {
    const chosen: PublishedPlan[] = []
    for (const { plan, version } of [phase, ...phase.add_ons]) {
      const fixed = catalog.fixedPlan?.plan === plan ? catalog.fixedPlan : undefined
      const found = fixed ?? versionAt(catalog.plans.get(plan) ?? [], version, timeMs)
      if (found === undefined) return { refused: noPlan(plan, version) }
      chosen.push(found)
    }
    const [plan] = chosen
    const rest = plan!.content.otherwise === 'price_book' ? catalog.priceBook : undefined
    const tag = overridesTag(phase)
    const key = `${chosen.map((one) => `${one.plan}@${one.version}`).join('+')}|${tag}|${rest?.version ?? ''}`
    let known = this.#books.get(key)
    if (known === undefined) this.#books.set(key, (known = compiled(chosen, phase, tag, rest)))
    return known
  }
}

/** The version a subscription is pinned to, or of those in force at an instant the highest (R-4). */
function versionAt(
  versions: readonly PublishedPlan[],
  pinned: number | null,
  timeMs: number,
): PublishedPlan | undefined {
  if (pinned !== null) return versions.find(({ version }) => version === pinned)
  return versions.findLast(({ effectiveFromMs, effectiveToMs }) => effectiveFromMs <= timeMs && timeMs < effectiveToMs)
}

function compiled(
  [plan, ...addOns]: readonly PublishedPlan[],
  phase: SubscriptionPhase,
  tag: string,
  rest: CompiledBook | undefined,
): PhaseBook {
  const terms = new Map(phase.overrides.charges?.map(({ id }) => [id, tag]))
  try {
    const own = compilePlan(withOverrides(plan!.content, phase.overrides), { version: plan!.version, terms }).book
    const others = addOns.map(({ content, version }) => compilePlan(content, { version }).book)
    return { book: combineBooks([own, ...others, ...(rest === undefined ? [] : [rest])]) }
  } catch (error) {
    if (!(error instanceof BookInvalid)) throw error
    const detail = `the plan ${plan!.plan} version ${plan!.version} cannot price the subscription: ${error.message}`
    return { refused: { code: 'pricing.plan_invalid', detail } }
  }
}

const tags = new WeakMap<object, string>()

/** Names a subscription's own charges by what they say, so that other charges make other segments. */
function overridesTag({ overrides }: SubscriptionPhase): string {
  if (overrides.charges === undefined || overrides.charges.length === 0) return ''
  let tag = tags.get(overrides)
  if (tag === undefined) {
    tag = createHash('sha256').update(JSON.stringify(overrides.charges)).digest('hex').slice(0, 16)
    tags.set(overrides, tag)
  }
  return tag
}

function noPlan(plan: string, version: number | null): Rejection {
  const which = version === null ? 'has no version in force' : `has no published version ${version}`
  return {
    code: 'pricing.no_plan',
    field: 'time',
    detail: `the workspace is subscribed to the plan ${plan}, which ${which} at the event's time`,
  }
}
