import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common'
import {
  BatchConflict,
  Bus,
  consumeExactlyOnce,
  type ExactlyOnceSubscription,
  type OutgoingMessage,
} from '@portitor/bus'
import { usageRecordedTopic } from '@portitor/contracts'
import { Database, type Queryable } from '@portitor/postgres'
import { HealthRegistry } from '@portitor/service'
import { CatalogCache } from '../catalog/catalog.cache.ts'
import { noteAdjustments } from '../periods/adjustments.store.ts'
import { billedIn, periodsOver } from '../periods/bill-periods.ts'
import { lockCounters, segmentsOf, storeCounters } from './charge-counters.store.ts'
import { findClosedPeriods } from '../periods/closed-periods.store.ts'
import { judgeAll, planAll } from './judge-and-plan.ts'
import { noteActives } from '../periods/period-actives.store.ts'
import type { PlannedUsage } from './plan-usage.ts'
import type { FreshUsage } from './ratable-usage.ts'
import { ratedBatchesOf, ratedMessages } from './rated-messages.ts'
import { rateBatch, type RatedEvent } from './rate-batch.ts'
import { type Overfull, refuseOverfull } from './refuse-overfull.ts'
import { findRated, insertRated } from './rated-usages.store.ts'
import { type RecordedUsage, recordedUsages, toDeadLetter } from './recorded-usage.ts'
import { settleDuplicates, type Settled } from './settle-duplicates.ts'
import { loadKept, storeKept } from './segment-events.store.ts'
import { SubscribedBooks } from '../subscriptions/subscribed-books.ts'
import { findSubscriptions } from '../subscriptions/subscriptions.store.ts'
import { toRatedText } from './to-rated-usage.ts'
import { joinTurn } from '../periods/turn.ts'
import { countRecorded, insertRatedBatches } from './totals.store.ts'

const EVENTS_PER_BATCH_MAX = 2_000

/** usage.recorded → price and cost → usage.rated, exactly once in effect. */
@Injectable()
export class RateUsageConsumer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #subscription: ExactlyOnceSubscription | undefined

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Bus) private readonly bus: Bus,
    @Inject(CatalogCache) private readonly catalog: CatalogCache,
    @Inject(SubscribedBooks) private readonly subscribed: SubscribedBooks,
    @Inject(HealthRegistry) private readonly health: HealthRegistry,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.#subscription = await consumeExactlyOnce<RecordedUsage>(this.bus, this.database, {
      consumer: 'rating',
      topic: usageRecordedTopic,
      itemsPerBatchMax: EVENTS_PER_BATCH_MAX,
      decode: recordedUsages,
      handle: (tx, recorded, { partition }) => this.rate(tx, recorded, partition),
      deadLetter: (tx, failed) => this.deadLetter(tx, failed.item!, failed.error),
      published: (tx, published) => insertRatedBatches(tx, ratedBatchesOf(published)),
    })
    this.health.register('rating', async () => this.#subscription?.trouble())
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#subscription?.close()
  }

  private async rate(tx: Queryable, recorded: RecordedUsage[], partition: number): Promise<OutgoingMessage[]> {
    const now = await joinTurn(tx)
    const catalog = await this.catalog.inForce(tx)
    const { judged, refused: misjudged } = judgeAll(recorded, catalog.meters)
    const workspaces = new Set([...judged.keys()].map(({ workspaceId }) => workspaceId))
    const subscriptions = await findSubscriptions(tx, [...workspaces])
    const { planned, refused: unplanned } = planAll(judged, { ...catalog, subscribed: this.subscribed, subscriptions })
    const closed = await findClosedPeriods(tx, periodsOver(planned.keys(), now.getTime()))
    const { rated, settled, overfull } = await this.rateFresh(tx, planned, now)
    const fresh = rated.map((one) => one.planned)
    await noteActives(
      tx,
      fresh.filter(({ event, period }) => !closed.has(event.workspaceId, period.label)),
    )
    const conflicts = settled.conflicts.map((usage) => ({
      usage: planned.get(usage)!,
      reason: {
        code: 'event.id_conflict',
        field: 'id',
        detail: 'this id was used before with another payload: send the corrected event under an id of its own',
      },
    }))
    const unfit = overfull.map(({ planned: usage, reason }) => ({ usage: planned.get(usage)!, reason }))
    const rejected = [...misjudged, ...unplanned, ...conflicts, ...unfit]
    const billing = { closed, subscriptions, nowMs: now.getTime() }
    const billed = rated.map((one) => ({ ...one, billedIn: billedIn(one.planned, billing) }))
    await noteAdjustments(tx, billed)
    const texts = billed.map((one) => toRatedText(one, one.billedIn, now.toISOString()))
    await countRecorded(tx, partition, {
      events: recorded.length,
      duplicates: settled.duplicates.length,
      rejected: rejected.length,
      rated: rated.length,
    })
    return [
      ...ratedMessages(this.bus, texts, now),
      ...rejected.map(({ usage, reason }) => toDeadLetter(usage, reason, now.toISOString())),
    ]
  }

  /**
   * Repeats are rare, so the batch is rated as if all of it were new; where the insert finds that some were not, it is
   * undone to the savepoint and rated again without them.
   */
  private async rateFresh(
    tx: Queryable,
    planned: ReadonlyMap<PlannedUsage<FreshUsage>, RecordedUsage>,
    now: Date,
  ): Promise<{ rated: RatedEvent[]; settled: Settled; overfull: Overfull<PlannedUsage<FreshUsage>>['refused'] }> {
    let settled = settleDuplicates([...planned.keys()], new Map())
    await tx.query('savepoint fresh')
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const counters = segmentsOf(settled.fresh)
      await lockCounters(tx, counters)
      const { fitting, refused: overfull } = refuseOverfull(settled.fresh, counters)
      // A repeat of what is rated already needs no room, so before any is refused they are told apart.
      if (overfull.length === 0 || attempt > 0) {
        await loadKept(tx, fitting, counters)
        const rated = rateBatch(fitting, counters)
        if (await insertRated(tx, rated, now)) {
          await storeCounters(tx, counters)
          await storeKept(tx, counters)
          return { rated, settled, overfull }
        }
      }
      await tx.query('rollback to savepoint fresh')
      const known = await findRated(
        tx,
        [...planned.keys()].map((usage) => usage.event),
      )
      settled = settleDuplicates([...planned.keys()], known)
    }
    throw new BatchConflict('another partition rated the same events meanwhile')
  }

  private async deadLetter(tx: Queryable, usage: RecordedUsage, error: Error): Promise<OutgoingMessage> {
    await countRecorded(tx, usage.record.partition, { events: 1, duplicates: 0, rejected: 1, rated: 0 })
    const reason = { code: 'event.not_ratable', detail: `the event cannot be rated: ${error.message}` }
    return toDeadLetter(usage, reason, new Date().toISOString())
  }
}
