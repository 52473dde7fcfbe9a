import { Injectable } from '@nestjs/common'
import type { Rejection, SubscriptionPhase } from '@portitor/contracts'
import { combineBooks, type CompiledBook } from '@portitor/pricing'
import { LRUCache } from 'lru-cache'
import type { PublishedPlan } from '../plans/published-plan.ts'
import { choosePlans, compilePhase, type PhasePlans, type PublishedPlans, refusedBy, termsTag } from './phase-plans.ts'

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
    const plans = choosePlans(phase, timeMs, catalog)
    if ('refused' in plans) return plans
    const { chosen } = plans
    const rest = chosen[0].content.otherwise === 'price_book' ? catalog.priceBook : undefined
    const tag = termsTag(phase.overrides)
    const key = `${chosen.map((one) => `${one.plan}@${one.version}`).join('+')}|${tag}|${rest?.version ?? ''}`
    let known = this.#books.get(key)
    if (known === undefined) this.#books.set(key, (known = combined(chosen, phase, rest)))
    return known
  }
}

function combined(chosen: PhasePlans, phase: SubscriptionPhase, rest: CompiledBook | undefined): PhaseBook {
  // Its fees price no event, and the books are remembered without them.
  const made = compilePhase(chosen, { ...phase, overrides: { charges: phase.overrides.charges } })
  if ('refused' in made) return made
  const [own, ...others] = made.compiled.map(({ book }) => book)
  try {
    return { book: combineBooks([own!, ...others, ...(rest === undefined ? [] : [rest])]) }
  } catch (error) {
    return { refused: refusedBy(error, chosen[0]) }
  }
}
