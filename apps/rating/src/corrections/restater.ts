import { Inject, Injectable } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import type { MeterIndex } from '@portitor/metering'
import type { Queryable } from '@portitor/postgres'
import { type Adjusting, noteAdjustments } from '../periods/adjustments.store.ts'
import { billedIn, type Billing, periodsOver } from '../periods/bill-periods.ts'
import { CatalogCache } from '../catalog/catalog.cache.ts'
import { lockCounters, segmentsOf, storeCounters } from '../rater/charge-counters.store.ts'
import { segmentId, type Segment } from '../rater/charge-counters.ts'
import { findClosedPeriods } from '../periods/closed-periods.store.ts'
import type { Explanation } from '../rater/explanation.ts'
import { noteActives } from '../periods/period-actives.store.ts'
import { planUsage, type PlannedUsage, type PricingContext } from '../rater/plan-usage.ts'
import type { RatableUsage } from '../rater/ratable-usage.ts'
import { ratedBatchesOf, ratedMessages } from '../rater/rated-messages.ts'
import { loadEvents, loadKept, storeKept } from '../rater/segment-events.store.ts'
import { SubscribedBooks } from '../subscriptions/subscribed-books.ts'
import { findSubscriptions } from '../subscriptions/subscriptions.store.ts'
import { insertRatedBatches } from '../rater/totals.store.ts'
import { correctEvents, type Corrected, type Restatement, standsAlready } from './correct-events.ts'
import { correctionTexts } from './correction-texts.ts'
import { insertCorrections } from './explained-lines.store.ts'
import { fixedContext } from './fixed-context.ts'
import type { FixedVersions, Refused } from './reratings.store.ts'
import { priceAsItStands } from './price-as-it-stands.ts'
import { keepsEvents, segmentOf } from './take-out.ts'

/** What an event owes now; and, where something about it has changed, what it is instead: then it keeps its prices. */
export interface Standing {
  readonly stands: Explanation
  readonly becomes?: RatableUsage
}

export interface Restated {
  readonly corrected: number
  /** What nobody prices stays as it is. */
  readonly refused: readonly Refused[]
  /** What the corrections add to what is owed and what it costs. */
  readonly priceNanos: bigint
  readonly costNanos: bigint
}

/** Prices events again that are rated already. */
@Injectable()
export class Restater {
  constructor(
    @Inject(Bus) private readonly bus: Bus,
    @Inject(CatalogCache) private readonly catalog: CatalogCache,
    @Inject(SubscribedBooks) private readonly subscribed: SubscribedBooks,
  ) {}

  /**
   * Moves events to where they belong by the versions in force at their times, or by fixed ones, and publishes what differs. In
   * the transaction of a caller that corrects alone and takes part in the turn; `bus.committed()` is the caller's. Events that
   * stand where they belong are left alone, so the same again does nothing.
   */
  async restate(
    tx: Queryable,
    standing: readonly Standing[],
    asked: { readonly fixed: FixedVersions; readonly reason: string; readonly now: Date },
  ): Promise<Restated> {
    const context = await this.#context(tx, standing, asked.fixed)
    const refused: Refused[] = []
    const restatements: Restatement[] = []
    for (const { stands, becomes } of standing) {
      const plan =
        becomes === undefined
          ? planUsage(stands.usage.event, context)
          : { planned: priceAsItStands(stands, becomes, context.meters) }
      if ('refused' in plan) refused.push(refusedOf(stands, plan.refused))
      else if (!standsAlready(stands, plan.planned)) restatements.push({ stands, planned: plan.planned })
    }
    if (restatements.length === 0) return { corrected: 0, refused, priceNanos: 0n, costNanos: 0n }
    const nowMs = asked.now.getTime()
    const touched = restatements.flatMap(({ stands, planned }) => [stands.usage, planned])
    const closed = await findClosedPeriods(tx, periodsOver(touched, nowMs))
    const corrected = await correct(tx, restatements, context.meters)
    await insertCorrections(tx, corrected, asked.reason, asked.now)
    const open = restatements
      .map(({ planned }) => planned)
      .filter(({ event, period }) => !closed.has(event.workspaceId, period.label))
    await noteActives(tx, open)
    const billing = { closed, subscriptions: context.subscriptions, nowMs }
    await noteAdjustments(
      tx,
      corrected.flatMap((one) => adjustingOf(one, billing)),
    )
    const texts = corrected.flatMap((one) =>
      correctionTexts(
        one,
        { reversalIn: billedIn(one.stands.usage, billing), restatedIn: billedIn(one.rated.planned, billing) },
        asked.now.toISOString(),
      ),
    )
    const published = await this.bus.publish(tx, ratedMessages(this.bus, texts, asked.now))
    await insertRatedBatches(tx, ratedBatchesOf(published))
    return {
      corrected: corrected.length,
      refused,
      priceNanos: texts.reduce((sum, { priceNanos }) => sum + priceNanos, 0n),
      costNanos: texts.reduce((sum, { costNanos }) => sum + costNanos, 0n),
    }
  }

  async #context(tx: Queryable, standing: readonly Standing[], fixed: FixedVersions): Promise<PricingContext> {
    const catalog = await this.catalog.inForce(tx)
    const workspaces = new Set(standing.map(({ stands }) => stands.usage.event.workspaceId))
    const subscriptions = await findSubscriptions(tx, [...workspaces])
    return fixedContext({ ...catalog, subscribed: this.subscribed, subscriptions }, fixed, (side, version) =>
      this.catalog.publishedBook(tx, side, version),
    )
  }
}

async function correct(tx: Queryable, restatements: readonly Restatement[], meters: MeterIndex): Promise<Corrected[]> {
  const planned: PlannedUsage[] = restatements.map((one) => one.planned)
  const counters = segmentsOf(planned)
  const keeping = new Map<string, Segment>()
  for (const { stands } of restatements)
    for (const step of [...stands.price, ...stands.cost]) {
      const segment = segmentOf(step, stands, counters)
      if (keepsEvents(step, meters)) keeping.set(segmentId(segment), segment)
    }
  await lockCounters(tx, counters)
  await loadEvents(tx, keeping)
  await loadKept(tx, planned, counters)
  const corrected = correctEvents(restatements, counters, meters)
  await storeCounters(tx, counters)
  await storeKept(tx, counters)
  return corrected
}

/** Either side of a correction may be in a closed period. */
function adjustingOf({ stands, reversedPrice, rated }: Corrected, billing: Billing): Adjusting[] {
  return [
    { planned: stands.usage, price: reversedPrice, billedIn: billedIn(stands.usage, billing) },
    { planned: rated.planned, price: rated.price, billedIn: billedIn(rated.planned, billing) },
  ]
}

function refusedOf({ usage: { event } }: Explanation, { code, detail }: { code: string; detail: string }): Refused {
  return { workspace_id: event.workspaceId, source: event.source, id: event.id, code, detail }
}
