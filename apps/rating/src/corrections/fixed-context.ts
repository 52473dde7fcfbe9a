import type { BookSide } from '@portitor/contracts'
import type { CompiledBook } from '@portitor/pricing'
import type { PricingContext } from '../rater/plan-usage.ts'
import type { FixedVersions } from './reratings.store.ts'

/** The context in which fixed versions hold at all times, in place of those in force. Throws where a version is not there; it was when it was asked for. */
export async function fixedContext(
  context: PricingContext,
  { price_version: price, cost_version: cost, plan }: FixedVersions,
  find: (side: BookSide, version: number) => Promise<CompiledBook | undefined>,
): Promise<PricingContext> {
  const always = async (side: BookSide, version: number | undefined) => {
    if (version === undefined) return context.books[side]
    const book = await find(side, version)
    if (book === undefined) throw new Error(`version ${version} of the ${side} book is not published`)
    return [everAfter(book)]
  }
  return {
    ...context,
    books: { price: await always('price', price), cost: await always('cost', cost) },
    fixedPlan: plan && context.plans.get(plan.plan)?.find(({ version }) => version === plan.version),
  }
}

const unbounded = new WeakMap<CompiledBook, CompiledBook>()

/** The same object each time: what is remembered of a book is remembered by it. */
function everAfter(book: CompiledBook): CompiledBook {
  let always = unbounded.get(book)
  if (always === undefined)
    unbounded.set(book, (always = { ...book, effectiveFromMs: -Infinity, effectiveToMs: Infinity }))
  return always
}
