import { Inject, Injectable } from '@nestjs/common'
import type { Backtest, BookSide } from '@portitor/contracts'
import type { Queryable } from '@portitor/postgres'
import { compileBook, type CompiledBook } from '@portitor/pricing'
import { ProblemException } from '@portitor/service'
import { CatalogCache } from '../catalog/catalog.cache.ts'
import { fixedContext } from '../corrections/fixed-context.ts'
import type { PricingContext } from '../rater/plan-usage.ts'
import type { PublishedPlan } from '../plans/published-plan.ts'
import { SubscribedBooks } from '../subscriptions/subscribed-books.ts'
import { findSubscriptions } from '../subscriptions/subscriptions.store.ts'
import type { WorkspaceSubscriptions } from '../subscriptions/workspace-subscriptions.ts'
import { subscribedToAll } from './subscribed-to-all.ts'

export type Asked = Pick<Backtest, 'price_version' | 'cost_version' | 'plan' | 'assume'>

/** Which content of each version: a draft that is changed has another revision. */
export type Revisions = Readonly<Partial<Record<'price' | 'cost' | 'plan', number>>>

/** Versions made ready to price by, published or not. */
export interface UnderTest {
  readonly revisions: Revisions
  readonly price: CompiledBook | undefined
  readonly cost: CompiledBook | undefined
  readonly plan: PublishedPlan | undefined
  /** What is compiled of a draft is kept here alone: published under the same version, it may say something else. */
  readonly subscribed: SubscribedBooks
}

/** Finds the versions that a back-test is of, and all that prices events beside them. */
@Injectable()
export class VersionsUnderTest {
  constructor(@Inject(CatalogCache) private readonly catalog: CatalogCache) {}

  /** 404 where there is no such version. */
  async find(db: Queryable, { price_version: price, cost_version: cost, plan }: Asked): Promise<UnderTest> {
    const priced = await this.#book(db, 'price', price)
    const costed = await this.#book(db, 'cost', cost)
    const planned = plan && (await this.#plan(db, plan))
    return {
      revisions: {
        ...(priced && { price: priced.revision }),
        ...(costed && { cost: costed.revision }),
        ...(planned && { plan: planned.revision }),
      },
      price: priced?.book,
      cost: costed?.book,
      plan: planned?.plan,
      subscribed: new SubscribedBooks(),
    }
  }

  /** What prices a workspace's events in the back-test. */
  async contextOf(db: Queryable, asked: Asked, under: UnderTest, workspaceId: string): Promise<PricingContext> {
    const catalog = await this.catalog.inForce(db)
    const subscriptions = await this.#subscriptions(db, asked, workspaceId)
    const { subscribed, plan } = under
    // In force at no time, so it is found where it is asked for and nowhere else.
    const tested = plan && { ...plan, effectiveFromMs: Infinity, effectiveToMs: Infinity, content: plan.content }
    const others = (plan && catalog.plans.get(plan.plan)?.filter(({ version }) => version !== plan.version)) ?? []
    const plans = tested === undefined ? catalog.plans : new Map([...catalog.plans, [tested.plan, [...others, tested]]])
    return fixedContext({ ...catalog, plans, subscribed, subscriptions }, asked, async (side) => under[side])
  }

  async #subscriptions(db: Queryable, { assume, plan }: Asked, workspaceId: string): Promise<WorkspaceSubscriptions> {
    return assume === 'all' && plan !== undefined
      ? subscribedToAll(workspaceId, plan)
      : findSubscriptions(db, [workspaceId])
  }

  async #book(db: Queryable, side: BookSide, version: number | undefined) {
    if (version === undefined) return undefined
    const found = await this.catalog.books.find(db, side, version)
    if (found === undefined)
      throw new ProblemException(404, 'book.version_not_found', `The ${side} book has no version ${version}.`, {
        field: `${side}_version`,
      })
    return { revision: found.revision, book: compileBook(side, version, found.content) }
  }

  async #plan(db: Queryable, { plan, version }: { readonly plan: string; readonly version: number }) {
    const found = await this.catalog.plans.find(db, plan, version)
    if (found === undefined)
      throw new ProblemException(404, 'plan.version_not_found', `The plan ${plan} has no version ${version}.`, {
        field: 'plan',
      })
    const { kind, content, revision } = found
    return { revision, plan: { plan, version, kind, effectiveFromMs: -Infinity, effectiveToMs: Infinity, content } }
  }
}
